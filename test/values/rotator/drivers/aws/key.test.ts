import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyIn, withKey } from '../../../../../src/values/rotator/drivers/aws/key.ts'

const word = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet.split('')), minLength, maxLength })
const id = word('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 16, 24)
const secret = word('ABCDEFGHabcdefgh0123456789/+=', 40, 40)
const key = fc.record({ id, secret })

const line = fc.oneof(
  word('abcdefgh_ =#[]ä', 0, 20).filter((text) => !text.includes('aws_')),
  fc.constantFrom('region = eu-central-1', '# aws_access_key_id = FAKEFAKEFAKEFAKE', '[default]'),
)
const linesOf = ([before, between, after]: string[], one: { id: string; secret: string }): string =>
  [
    before,
    `aws_access_key_id=${one.id}`,
    between,
    ` aws_secret_access_key = ${one.secret} `,
    after,
  ].join('\n')

describe('what is read is what is written, and all else stays', () => {
  test('in a JSON object, whatever else is in it', () => {
    const others = fc.dictionary(word('abcdeä"\\', 1, 8), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 3,
    })
    fc.assert(
      fc.property(others, key, key, (rest, old, next) => {
        const textOf = (one: { id: string; secret: string }): string =>
          JSON.stringify({ SecretAccessKey: one.secret, ...rest, AccessKeyId: one.id }, null, 1)
        const value = Buffer.from(textOf(old))
        expect(keyIn(value)).toEqual(old)
        expect(withKey(value, next)?.toString()).toBe(textOf(next))
      }),
      { numRuns: 200 },
    )
  })

  test('in the lines of a credentials file', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 3, maxLength: 3 }), key, key, (lines, old, next) => {
        const value = Buffer.from(linesOf(lines, old))
        expect(keyIn(value)).toEqual(old)
        expect(withKey(value, next)?.toString()).toBe(linesOf(lines, next))
      }),
      { numRuns: 200 },
    )
  })
})

const ID = 'FAKE'.repeat(5)
const SECRET = 'fake'.repeat(10)

test('a slash that was escaped, as some programs do, is a slash', () => {
  const value = Buffer.from(`{"AccessKeyId":"${ID}","SecretAccessKey":"fake\\/${SECRET}"}`)
  expect(keyIn(value)).toEqual({ id: ID, secret: `fake/${SECRET}` })
  expect(withKey(value, { id: ID, secret: SECRET })?.toString()).toBe(
    `{"AccessKeyId":"${ID}","SecretAccessKey":"${SECRET}"}`,
  )
})

test.each([
  ['nothing', ''],
  ['a secret alone', SECRET],
  ['an id without its secret', `{"AccessKeyId":"${ID}"}`],
  ['what is no id', `{"AccessKeyId":"arn:aws:iam::1","SecretAccessKey":"${SECRET}"}`],
  ['the answer of create-access-key, whole', `{"AccessKey":{"AccessKeyId":"${ID}"}}`],
  [
    'two of one name',
    `{"AccessKeyId":"${ID}","AccessKeyId":"${ID}","SecretAccessKey":"${SECRET}"}`,
  ],
  [
    'two profiles',
    ['one', 'two']
      .map((name) => `[${name}]\naws_access_key_id=${ID}\naws_secret_access_key=${SECRET}\n`)
      .join(''),
  ],
])('%s is no access key', (_, text) => {
  expect(keyIn(Buffer.from(text))).toBeUndefined()
  expect(withKey(Buffer.from(text), { id: ID, secret: SECRET })).toBeUndefined()
})

test('what AWS would never issue is not written', () => {
  const value = Buffer.from(JSON.stringify({ AccessKeyId: ID, SecretAccessKey: SECRET }))
  expect(withKey(value, { id: ID, secret: 'fake "words"' })).toBeUndefined()
})
