/** What a vault provider is given: files, who may read or replace them, and where it may be asked. */
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readOptions } from '../../../../src/values/providers/vault/options.ts'
import { spec } from '../../../../src/values/providers/vault/spec.ts'
import { isRoot, skipLoudly } from '../../loud.ts'

const folder = mkdtempSync(join(tmpdir(), 'secretref-vault-'))
// Everyone may enter it, so that a file's own mode is what counts.
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true }))

const address = 'https://vault.example.com:8200'
let files = 0
function file(mode: number, text = 'fake-content\n'): string {
  const path = join(folder, `file-${(files += 1)}`)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const envOf = (variables: Readonly<Record<string, string>>): Map<string, Buffer> =>
  new Map(Object.entries(variables).map(([name, value]) => [name, Buffer.from(value)]))
const read = (
  options: Record<string, unknown>,
  variables: Readonly<Record<string, string>> = { VAULT_TOKEN: 'fake-token' },
): ReturnType<typeof readOptions> => readOptions({ address, ...options }, envOf(variables))

/** Each credential that a file can hold, as the option that names it. */
const SECRET_FILES: readonly [string, (path: string) => Record<string, unknown>][] = [
  ['token', (tokenFile) => ({ auth: { method: 'token', tokenFile } })],
  ['role id', (roleIdFile) => ({ auth: { method: 'approle', roleIdFile } })],
  [
    'secret id',
    (secretIdFile) => ({ auth: { method: 'approle', roleId: 'fake-role', secretIdFile } }),
  ],
  ['client key', (clientKey) => ({ clientKey })],
]

describe.each(SECRET_FILES)('the file of a %s', (_, naming) => {
  test('is taken from 0600, and refused where others can read it', async () => {
    expect(await read(naming(file(0o600)))).not.toHaveProperty('kind')
    for (const mode of [0o640, 0o644, 0o602]) {
      const path = file(mode)
      expect(await read(naming(path))).toEqual({
        kind: 'denied',
        code: 'FILE_INSECURE',
        reason: 'mode',
        place: path,
      })
    }
  })

  test('that is not there is a mistake, which no chain goes past', async () => {
    const place = join(folder, 'none')
    const reason = 'no-such-file'
    expect(await read(naming(place))).toEqual({
      kind: 'malformed',
      code: 'PROVIDER_INVALID',
      reason,
      place,
    })
  })
})

const PLACED: readonly [string, (path: string) => Record<string, unknown>][] = [
  ['pod token', (jwtFile) => ({ auth: { method: 'kubernetes', role: 'r', jwtFile } })],
  ['JWT', (jwtFile) => ({ auth: { method: 'jwt', role: 'r', jwtFile } })],
  ['CA', (caCert) => ({ caCert })],
  ['client certificate', (clientCert) => ({ clientCert })],
]

describe.each(PLACED)('the file of a %s', (_, naming) => {
  test('may be read by everyone and lie behind a link, as Kubernetes places it', async () => {
    const link = join(folder, `link-${(files += 1)}`)
    symlinkSync(file(0o644), link)
    expect(await read(naming(link))).not.toHaveProperty('kind')
  })

  test('is refused where others could replace what is in it', async () => {
    for (const mode of [0o664, 0o646]) {
      expect(await read(naming(file(mode)))).toMatchObject({ kind: 'denied', reason: 'mode' })
    }
    expect(await read(naming(folder))).toMatchObject({ reason: 'not-a-regular-file' })
  })

  test('is refused where it belongs to somebody else', async (context) => {
    if (!isRoot) skipLoudly(context, 'a file of somebody else', 'only root can make one')
    const path = file(0o644)
    chownSync(path, 12_345, 12_345)
    expect(await read(naming(path))).toMatchObject({ kind: 'denied', reason: 'wrong-owner' })
  })
})

const pattern = JSON.stringify(spec.options)
const ADDRESSES: readonly [string, 'safe' | 'insecure-address' | 'no-address'][] = [
  ['https://vault.example.com:8200', 'safe'],
  ['https://vault.example.com/base', 'safe'],
  ['http://127.0.0.1:8200', 'safe'],
  ['http://[::1]:8200/', 'safe'],
  ['http://vault.example.com:8200', 'insecure-address'],
  ['http://localhost:8200', 'insecure-address'],
  ['http://127.0.0.1.example.com', 'insecure-address'],
  ['http://127.0.0.1@example.com', 'no-address'],
  ['http://127.0.0.1:word@example.com', 'no-address'],
  ['https://user:word@vault.example.com', 'no-address'],
  ['ftp://vault.example.com', 'no-address'],
  ['vault.example.com:8200', 'no-address'],
]

async function verdict(answer: ReturnType<typeof readOptions>): Promise<unknown> {
  const options = await answer
  return 'kind' in options ? options.reason : 'safe'
}

test.each(ADDRESSES)('%s is %s, from the config and from VAULT_ADDR', async (stated, expected) => {
  expect(await verdict(read({ address: stated }))).toBe(expected)
  const variables = { VAULT_TOKEN: 'fake-token', VAULT_ADDR: stated }
  expect(await verdict(read({ address: undefined }, variables))).toBe(expected)
  if (expected !== 'safe' && stated.startsWith('http:')) expect(stated).not.toMatch(schemaPattern())
  if (expected === 'safe') expect(stated).toMatch(schemaPattern())
})

/** What a config is refused by before anything is opened. */
function schemaPattern(): RegExp {
  const found = /"address":\{"type":"string","pattern":("(?:[^"\\]|\\.)*")/.exec(pattern)
  return new RegExp(JSON.parse(found?.[1] ?? '"$^"'))
}

test('Vault’s own variables count, OpenBao’s where those are not set, options before both', async () => {
  const variables = {
    VAULT_ADDR: address,
    BAO_ADDR: 'https://bao.example.com',
    BAO_TOKEN: 'fake-bao-token',
    VAULT_NAMESPACE: 'of-variable',
    VAULT_TLS_SERVER_NAME: 'name.example.com',
    VAULT_CACERT: file(0o644, 'fake-ca'),
    VAULT_SKIP_VERIFY: 'false',
  }
  const options = await read({ address: undefined, namespace: 'of-option' }, variables)
  if ('kind' in options) throw new Error(options.reason)
  expect(options.address.hostname).toBe('vault.example.com')
  expect(options.namespace).toBe('of-option')
  expect(options.auth).toEqual({ method: 'token', token: Buffer.from('fake-bao-token') })
  expect(options.tls).toEqual({ servername: 'name.example.com', ca: Buffer.from('fake-ca') })
  expect(options.skipVerify).toBe(false)
})

test('each engine has its own mount where none is stated; a wrapped id needs a token', async () => {
  expect(await read({})).toMatchObject({ engine: 'kv', mount: 'secret' })
  expect(await read({ engine: 'dynamic' })).toMatchObject({ engine: 'dynamic', mount: 'database' })
  const auth = { method: 'approle', roleId: 'fake-role', secretIdWrapped: true }
  expect(await read({ auth })).toMatchObject({ reason: 'no-credentials' })
})
