import { describe, expect, test } from 'vitest'
import { explainService, type ServiceFailure } from '../../src/policy/explain-service.ts'
import { REASONS } from '../../src/policy/reasons.ts'

const failed = (about: Partial<ServiceFailure>): ServiceFailure => ({
  ref: 'aws-key',
  driver: 'aws-iam',
  code: 'PROVIDER_DENIED',
  ...about,
})

describe('what a service said is not put down to the store', () => {
  test.each([
    ['login-denied', 'the service of "aws-key" refused the current value of "aws-key", by which'],
    ['not-permitted', 'does not let the current value of "aws-key" do this'],
    ['unreachable', 'the service of "aws-key" cannot be reached'],
    ['server-error', 'the service of "aws-key" answered with an error of its own'],
    ['timeout', 'the service of "aws-key" did not answer'],
    ['key-cap', 'the account of "aws-key" has as many credentials as its service allows'],
  ])('%s', (reason, message) => {
    expect(explainService(failed({ reason })).message).toContain(message)
  })

  test.each([
    [{}, 'refused the current value of "aws-key", by which it is rotated', 'secrets set aws-key'],
    [{ admin: 'root' }, 'refused "root", by which it is rotated', 'secrets set root'],
    [{ whose: 'new' }, 'does not take the new value', 'the current one stays'],
    [{ whose: 'new', admin: 'root' }, 'does not take the new value', 'the current one stays'],
    [{ whose: 'old' }, 'refused the old value', 'set one that does'],
  ] as const)('whose value was refused is said: %o', (about, message, hint) => {
    // A service that gives no reason says no less.
    for (const reason of ['login-denied', undefined]) {
      const words = explainService(failed({ code: 'CREDENTIAL_REJECTED', reason, ...about }))
      expect(words.message).toBe(`the service of "aws-key" ${message}`)
      expect(words.hint).toContain(hint)
    }
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
