import { describe, expect, test } from 'vitest'
import { explainService, type ServiceFailure } from '../../src/policy/explain-service.ts'
import { REASONS } from '../../src/policy/reasons.ts'

const failed = (about: Partial<ServiceFailure>): ServiceFailure => ({
  ref: 'aws-key',
  driver: 'aws-iam',
  code: 'PROVIDER_DENIED',
  verifying: false,
  ...about,
})

describe('what a service said is not put down to the store', () => {
  test.each([
    ['login-denied', 'the service of "aws-key" refused the credential that acted'],
    ['not-permitted', 'the service of "aws-key" does not let the credential that acted do this'],
    ['unreachable', 'the service of "aws-key" cannot be reached'],
    ['timeout', 'the service of "aws-key" did not answer'],
    ['key-cap', 'the account of "aws-key" has as many credentials as its service allows'],
  ])('%s', (reason, message) => {
    expect(explainService(failed({ reason })).message).toContain(message)
  })

  test('a new value that is refused is no matter of who acted', () => {
    const words = explainService(failed({ reason: 'login-denied', verifying: true }))
    expect(words.message).toBe('the service of "aws-key" does not take the new value')
  })

  test('a package that is missing is the driver’s, with the line that installs it', () => {
    const reason = 'sdk-missing'
    expect(explainService(failed({ code: 'PROVIDER_UNSUPPORTED', reason }))).toEqual({
      message: 'driver "aws-iam" needs a package that is not installed',
      hint: 'run: npm install @aws-sdk/client-iam @aws-sdk/client-sts',
    })
  })

  test('a value of another form is not an answer of the service', () => {
    const words = explainService(failed({ code: 'SECRET_MALFORMED', reason: 'bad-answer' }))
    expect(words.message).toContain('is not of the form that driver "aws-iam" replaces')
    const own = explainService(failed({ code: 'SECRET_MALFORMED', reason: 'no-access-key' }))
    expect(own.message).toContain('holds no AWS access key')
  })

  test('every reason has words, one lower-case sentence without a full stop', () => {
    for (const reason of REASONS) {
      const { message, hint } = explainService(failed({ reason }))
      expect(message).toMatch(/^[a-z"].*[^.]$/)
      expect(hint).not.toBe('')
    }
  })
})
