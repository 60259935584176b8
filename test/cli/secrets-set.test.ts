/** `secrets set`: where a ref may be stored, and what is said where it may not. */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  CLI,
  configOf,
  eventsOf,
  makeWorld,
  recordsOf,
  run,
  type World,
} from '../process/support.ts'

const VALUE = ['fake', 'value', 'Kp4vT9'].join('-')
const VALUE_OF_DIGITS = '0123456789abcdef'.repeat(2)
const stdin = Buffer.from(VALUE)

/** Its refs lie as `refMap` says. */
function worldOf(refMap: object, more: object = {}): World {
  return makeWorld({
    config: {
      ...configOf(Object.keys(refMap), {}, { file: {}, exec: { command: '/bin/false' } }),
      openclaw: { gateway: { secrets: { refMap } } },
      ...more,
    },
  })
}

function set(w: World, words: readonly string[]): ReturnType<typeof run> {
  return run(w, ['secrets', 'set', '--config', w.config, ...words], { stdin })
}

describe('a value in place of a name', () => {
  const key = ['sk', 'test', 'fake0123456789abcdef'].join('_')

  test.each([
    ['after the name', ['stripe-api-key', VALUE]],
    ['after --', ['stripe-api-key', '--', VALUE]],
    ['as an option', ['stripe-api-key', `--value=${VALUE}`]],
    ['joined to the name', [`stripe-api-key=${VALUE}`]],
    ['as the name', [`${VALUE} `]],
    ['as the name, by its prefix', [key]],
    ['as the name, by its form', [VALUE_OF_DIGITS]],
  ])('%s is refused and not repeated', async (_, words) => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file' } })
    const ended = await set(w, words)
    expect(ended).toMatchObject({ code: 1, out: '' })
    expect(ended.err).toContain('[USAGE]')
    expect(ended.err).not.toContain(VALUE)
    expect(ended.err).not.toContain(key)
    expect(ended.err).not.toContain(VALUE_OF_DIGITS)
    expect(eventsOf(w)).toEqual([])
    expect(existsSync(w.secrets)).toBe(false)
  })

  test('says why', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file' } })
    const { err } = await set(w, ['stripe-api-key', VALUE])
    expect(err).toContain('every user of this machine can read a command line')
    expect(err).toMatch(/\nhint: .*should be replaced at its service\n$/)
  })
})

describe('where it goes', () => {
  test('to the key that refMap names, in the file that the provider names', async () => {
    const w = makeWorld()
    w.writeConfig({
      ...configOf(['stripe-api-key'], {}, { file: { path: 'sub/values.json' } }),
      openclaw: {
        gateway: {
          secrets: { refMap: { 'stripe-api-key': { provider: 'file', target: 'stripe_api_key' } } },
        },
      },
    })
    const ended = await set(w, ['stripe-api-key'])
    const path = join(w.dir, 'sub/values.json')
    expect(ended.err).toContain(`stored stripe-api-key in file ${path} (key stripe_api_key)\n`)
    expect(JSON.parse(readFileSync(path, 'utf8')).stripe_api_key.value).toBe(VALUE)
  })

  test('to the environment that is asked for', async () => {
    const w = worldOf(
      { 'stripe-api-key': { provider: 'file' } },
      {
        environments: {
          staging: {
            secrets: {
              'stripe-api-key': {
                provider: 'file',
                path: 'staging.key',
              },
            },
          },
        },
      },
    )
    const ended = await set(w, ['stripe-api-key', '--environment', 'staging'])
    expect(ended.code).toBe(0)
    expect(readFileSync(join(w.dir, 'staging.key'), 'utf8')).toBe(VALUE)
    expect(recordsOf(w).at(-1)).toMatchObject({ environment: 'staging' })
    const unknown = await set(w, ['stripe-api-key', '--environment', 'stagign'])
    expect(unknown.err).toContain('[ENVIRONMENT_UNKNOWN]')
    expect(unknown.err).toContain('did you mean "staging"?')
  })

  test('to a second place that holds values already, where the first does not exist', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file' } })
    const second = w.home.secretsFiles[1]
    mkdirSync(join(second, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(second, '{}\n', { mode: 0o600 })
    const ended = await set(w, ['stripe-api-key'])
    expect(ended.err).toContain(`in file ${second} `)
    expect(existsSync(w.secrets)).toBe(false)
  })
})

test('into the encrypted store, which is made with its key, and read again by a run', async () => {
  const w = worldOf({ 'stripe-api-key': { provider: 'store' } })
  expect((await set(w, ['stripe-api-key'])).err).toContain('stored stripe-api-key in store\n')
  expect(readFileSync(w.home.store.path).includes('fake')).toBe(false)
  expect(recordsOf(w).at(-1)).toMatchObject({
    event: 'secret.written',
    provider: 'store',
    secret: { version: '1' },
  })
})

describe('what cannot be written to', () => {
  test.each([
    ['env', { provider: 'env' }, 'set STRIPE_API_KEY in the environment'],
    ['exec', { provider: 'exec' }, 'store it with the tool'],
    ['env', { provider: ['env', 'file'] }, '--secrets-provider file'],
  ])('%s', async (type, entry, hint) => {
    const w = worldOf({ 'stripe-api-key': entry })
    const ended = await set(w, ['stripe-api-key'])
    expect(ended.code).toBe(1)
    expect(ended.err).toContain(
      `ref "stripe-api-key" lies in provider "${type}" of type ${type}, which cannot be written to [PROVIDER_UNSUPPORTED]`,
    )
    expect(ended.err).toContain(hint)
    expect(eventsOf(w)).toEqual([])
  })

  test('--secrets-provider file stores it there all the same', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'env' } })
    expect(await set(w, ['stripe-api-key', '--secrets-provider', 'file'])).toMatchObject({
      code: 0,
    })
    expect(recordsOf(w).at(-1)).toMatchObject({ event: 'secret.written', provider: 'file' })
    const unknown = await set(w, ['stripe-api-key', '--secrets-provider', 'flie'])
    expect(unknown.err).toContain('did you mean "file"?')
  })

  test('a ref that points nowhere', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file' } })
    const ended = await set(w, ['stripe-api-kye'])
    expect(ended.err).toContain('[REF_UNKNOWN]')
    expect(ended.err).toContain('did you mean "stripe-api-key"?')
    expect(eventsOf(w)).toEqual([])
  })

  test('a secrets file that is a link', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file' } })
    const other = w.write('other.json', '{}\n')
    symlinkSync(other, w.secrets)
    const ended = await set(w, ['stripe-api-key'])
    expect(ended.err).toContain(`nothing was stored: ${w.secrets} is a symbolic link`)
    expect(ended.err).toContain('[FILE_INSECURE]')
    expect(readFileSync(other, 'utf8')).toBe('{}\n')
    expect(recordsOf(w).at(-1)).toMatchObject({
      event: 'secret.failed',
      code: 'FILE_INSECURE',
      reason: 'symlink',
    })
  })

  test('a secrets file that others can read: the hint is the chmod', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file', target: 'k' } })
    const open = join(w.dir, 'open')
    mkdirSync(open)
    chmodSync(w.dir, 0o755)
    chmodSync(open, 0o755)
    const path = join(open, 'values.json')
    writeFileSync(path, '{}', { mode: 0o644 })
    w.writeConfig({
      ...configOf(['stripe-api-key'], {}, { file: { path } }),
    })
    const ended = await set(w, ['stripe-api-key'])
    expect(ended.err).toContain(`nothing was stored: other users can reach ${path}`)
    expect(ended.err).toContain(`chmod 600 ${path}`)
    expect(readFileSync(path, 'utf8')).toBe('{}')
  })

  test('a secrets file that is no JSON is told, and not quoted', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file' } })
    w.writeSecrets(`{"other": ${VALUE}`)
    const ended = await set(w, ['stripe-api-key'])
    expect(ended.err).toContain(`nothing was stored: ${w.secrets} is not JSON [SECRET_MALFORMED]`)
    expect(ended.err).not.toContain(VALUE)
  })

  test('a file that would become too large', async () => {
    const w = worldOf({ 'stripe-api-key': { provider: 'file' } })
    w.writeSecrets({ other: 'x'.repeat(1024 * 1024 - 40) })
    const ended = await set(w, ['stripe-api-key'])
    expect(ended.err).toContain(`${w.secrets} would become larger than 1 MiB [SECRET_TOO_LARGE]`)
  })
})

/** Put together here, so that no scanner takes this file for a leak. */
const form = (prefix: string, length: number): Buffer =>
  Buffer.from(prefix + 'a1'.repeat(length / 2))
const bound = (envVar: string, ref: string): World =>
  makeWorld({ config: configOf([{ secretRef: ref, envVar }]) })

describe('what is said beside', () => {
  test('no agent is bound to it: did you mean', async () => {
    const w = makeWorld({ config: configOf(['stripe-api-key']) })
    const ended = await set(w, ['stripe-api-kye'])
    expect(ended.code).toBe(0)
    expect(ended.err).toContain('no agent in the config is bound to stripe-api-kye\n')
    expect(ended.err).toContain('hint: did you mean "stripe-api-key"?\n')
  })

  test('a placeholder is stored, with a warning', async () => {
    const w = makeWorld({ config: configOf(['stripe-api-key']) })
    const words = ['secrets', 'set', '--config', w.config, 'stripe-api-key']
    const ended = await run(w, words, { stdin: Buffer.from('changeme\n') })
    expect(ended.code).toBe(0)
    expect(ended.err).toContain('looks like a placeholder\n')
    expect(ended.err).not.toContain('which the config takes it for')
  })

  test('what it looks like: every service that shares the form, the one that is meant first', async () => {
    const w = bound('STRIPE_API_KEY', 'stripe-api-key')
    const words = ['secrets', 'set', '--config', w.config, 'stripe-api-key']
    const ended = await run(w, words, { stdin: form('sk_live_', 40) })
    expect(ended.code).toBe(0)
    expect(ended.err).toMatch(/^stored .*\nlooks like: stripe-secret-key, .*clerk.*\n$/)
    expect(ended.err).toContain('paystack')
    expect(ended.err).not.toContain('a1a1')
  })

  test('a kind that the same variable may hold is no mistake', async () => {
    const w = bound('STRIPE_API_KEY', 'payments')
    const words = ['secrets', 'set', '--config', w.config, 'payments']
    const ended = await run(w, words, { stdin: form('rk_live_', 40) })
    expect(ended.err).toMatch(/^stored .*\nlooks like: stripe-restricted-key\n$/)
  })

  test.each([
    ['of another service', form('ghp_', 36), 'looks like something else than slack-bot-token'],
    ['of no known form', Buffer.from('hunter2-hunter3'), 'does not look like slack-bot-token'],
  ])('a value %s is stored, with a warning', async (_, value, sentence) => {
    const w = bound('SLACK_BOT_TOKEN', 'slack-bot-token')
    const words = ['secrets', 'set', '--config', w.config, 'slack-bot-token']
    const ended = await run(w, words, { stdin: value })
    expect(ended.code).toBe(0)
    expect(ended.err).toContain(`what was stored ${sentence}, which the config takes it for\n`)
    expect(ended.err).toContain('`secretref targets show slack-bot-token`')
    expect(ended.err).not.toContain(value.toString())
    expect(eventsOf(w)).toContain('secret.written')
  })

  test('`service` in the config is above what the names say', async () => {
    const slot = { secretRef: 'slack-bot-token', envVar: 'SLACK_BOT_TOKEN', service: 'sendgrid' }
    const w = makeWorld({ config: configOf([slot]) })
    const words = ['secrets', 'set', '--config', w.config, 'slack-bot-token']
    const ended = await run(w, words, { stdin: form('xoxb-', 40) })
    expect(ended.err).toContain('looks like something else than sendgrid,')
  })

  test('a value of an unknown use and no form of its own: nothing is said', async () => {
    const w = bound('OWN_KEY', 'own-key')
    const words = ['secrets', 'set', '--config', w.config, 'own-key']
    expect((await run(w, words, { stdin })).err).toMatch(/^stored .*\n$/)
  })
})

test('an agent stores nothing: who could write would choose what others are given', async () => {
  const w = makeWorld({ config: configOf([{ secretRef: 'first' }, { secretRef: 'second' }]) })
  w.writeSecrets({ first: 'fake-1', second: 'fake-2' })
  const program = `printf %s '${VALUE}' | "$@" secrets set second --config '${w.config}'`
  const shell = ['/bin/sh', '-c', program, 'sh', process.execPath, CLI]
  const ended = await run(w, ['run', '--config', w.config, '--', ...shell])
  expect(ended.code).toBe(1)
  expect(ended.err).toContain('an agent may not store secrets [AGENT_NOT_ALLOWED]')
  expect(recordsOf(w).some(({ event }) => event === 'secret.intent')).toBe(false)
})
