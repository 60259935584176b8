/** All rules together, on the content of one file. Credentials are made up, and put together at run time. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseScanMessage } from '../../../src/gateway/scan/message.ts'
import { detect, type Detected } from '../../../src/values/detect/detect.ts'
import { textFingerprinter } from '../../../src/values/detect/fingerprints.ts'
import { KnownValues } from '../../../src/values/detect/known.ts'
import { LINT_RULES } from '../../../src/values/detect/lint.ts'

const dir = mkdtempSync(join(tmpdir(), 'secretref-detect-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const fingerprint = textFingerprinter(join(dir, 'keys', 'key'))

function search(
  content: string | Buffer,
  { name = 'notes.txt', agent = false, values = [] as readonly string[] } = {},
): Promise<Detected> {
  const known = new KnownValues(
    fingerprint,
    values.map((value) => fingerprint(value)),
    1000,
  )
  return detect(Buffer.from(content), { name, agent }, { fingerprint, known })
}

const letters = (length: number): string =>
  randomBytes(length * 2)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, length)
const pem = (): string =>
  ['-----BEGIN RSA', 'PRIVATE', `KEY-----\n${letters(64)}\n-----END RSA PRIVATE KEY-----\n`].join(
    ' ',
  )
const STRIPE = ['sk', 'live', letters(24)].join('_')
const GITHUB = ['ghp', letters(36)].join('_')

describe('what is found', () => {
  test('place and candidates, never the value', async () => {
    const { hits } = await search(`first\nconst é = '${STRIPE}'\n`)
    expect(hits).toEqual([
      {
        kind: 'pattern',
        line: 2,
        column: 12,
        ids: expect.arrayContaining([expect.stringMatching(/^stripe/)]),
        known: [],
        fingerprint: fingerprint(STRIPE),
      },
    ])
    expect(JSON.stringify(hits)).not.toContain(STRIPE.slice(8, 20))
  })

  test('one credential is found once, however many rules see it', async () => {
    const { hits } = await search(`STRIPE_API_KEY="${STRIPE}"`, { agent: true, values: [STRIPE] })
    expect(hits).toHaveLength(1)
    expect(hits[0]).toMatchObject({ kind: 'known', known: [0], column: 17 })
  })

  test('several on one line are several', async () => {
    const { hits } = await search(`${STRIPE} ${GITHUB}`)
    expect(hits.map(({ column }) => column)).toEqual([1, STRIPE.length + 2])
  })

  test.each([
    ['a private key', pem()],
    [
      'a signed token',
      ['eyJ'.concat(letters(20)), 'eyJ'.concat(letters(30)), letters(43)].join('.'),
    ],
    ['a database address', ['postgres:/', `user:${letters(16)}@db.example.com`, 'x'].join('/')],
    ['an AWS key', `aws_secret_access_key = ${letters(40)}`],
    ['an Anthropic key', ['sk', 'ant', 'api03', `${letters(93)}AA`].join('-')],
  ])('%s', async (_, credential) => {
    expect((await search(`x\n${credential}\n`)).hits).toMatchObject([{ kind: 'pattern', line: 2 }])
  })

  test('two private keys are not one to an allow-list', async () => {
    const { hits } = await search(pem() + pem())
    expect(new Set(hits.map((hit) => hit.fingerprint)).size).toBe(2)
  })

  test('by its name, in files of agents alone', async () => {
    const text = `SOME_API_KEY=${letters(20)}1a`
    expect((await search(text)).hits).toEqual([])
    expect((await search(text, { agent: true })).hits).toMatchObject([
      { kind: 'assigned', ids: [], line: 1, column: 14 },
    ])
  })

  test.each([
    ['Windows line ends', Buffer.from(`a\r\nb ${STRIPE}\r\n`), { line: 2, column: 3 }],
    [
      'no UTF-8',
      Buffer.concat([Buffer.from([0xff, 0xc3, 0x28, 0x0a]), Buffer.from(STRIPE)]),
      { line: 2, column: 1 },
    ],
    [
      'a NUL far in',
      Buffer.concat([Buffer.alloc(9000, ' '), Buffer.from([0]), Buffer.from(` ${STRIPE}`)]),
      { line: 1 },
    ],
    [
      'no line end in 3 MB',
      Buffer.from(`${'x '.repeat(1_500_000)}${STRIPE}`),
      { line: 1, column: 3_000_001 },
    ],
  ])('%s', async (_, content, place) => {
    expect((await search(content)).hits).toMatchObject([place])
  })

  test('across the border of two pieces', async () => {
    for (const at of [256 * 1024 - 5, 256 * 1024 - 16 * 1024 - 5, 256 * 1024]) {
      const { hits } = await search(`${' '.repeat(at)}${GITHUB} `)
      expect(hits).toMatchObject([{ column: at + 1, fingerprint: fingerprint(GITHUB) }])
    }
  })

  test('a value of 2 MB by its name', async () => {
    const { hits } = await search(`A_KEY=${letters(2_000_000)}`, { agent: true })
    expect(hits).toMatchObject([{ kind: 'assigned', column: 7 }])
  })
})

describe('what is not', () => {
  test.each([
    'nothing here',
    '',
    ['sk', 'live', '51xxxxxxxxxxxxxxxxxxxx'].join('_'),
    'task_live_abcdefghijklmnop',
    ['if (line === "-----BEGIN RSA', 'PRIVATE', 'KEY-----") throw'].join(' '),
    'secretref:stripe-api-key',
    'password: ${DB_PASSWORD}',
  ])('%j', async (text) => {
    expect((await search(text)).hits).toEqual([])
  })

  test('a comment in a file does not take its credentials out', async () => {
    const text = `// secretlint-disable\n# secretlint-disable-next-line\n${GITHUB} // secretlint-disable-line`
    expect((await search(text)).hits).toHaveLength(1)
  })
})

test('of very many, so many are listed and the rest is counted', async () => {
  const text = Array.from({ length: 700 }, () => ['ghp', letters(36)].join('_')).join('\n')
  const { hits, unlisted } = await search(text)
  expect(hits).toHaveLength(500)
  expect(unlisted).toBe(200)
})

test('the words of a secretlint rule are words that control takes', async () => {
  expect(LINT_RULES).not.toContain('filter-comments')
  expect(LINT_RULES.length).toBeGreaterThan(20)
  const { hits } = await search(`${STRIPE}\n${GITHUB}\n`)
  for (const hit of hits) {
    const line = JSON.stringify({ type: 'hit', file: '/a', ...hit })
    expect(parseScanMessage(line, { paths: ['/a'], known: [] })).toEqual({
      type: 'hit',
      file: '/a',
      ...hit,
    })
  }
})
