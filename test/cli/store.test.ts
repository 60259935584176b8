/** `secretref store …` as a user runs it; the plain age tool as the witness. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import {
  configOf,
  isRoot,
  makeWorld,
  recordsOf,
  run,
  type Ended,
  type World,
} from '../process/support.ts'
import { hasTerminal, onTerminal } from '../process/terminal.ts'
import { skipLoudly } from '../values/loud.ts'

const hasAge = spawnSync('age', ['--version']).status === 0
const PASSPHRASE = ['fake', 'passphrase', 'of', 'tests'].join('-')
const PRINT = ['/bin/sh', '-c', 'printf %s "$KEY"']

function needAge(context: TestContext): void {
  if (!hasAge) skipLoudly(context, 'the plain age tool', 'age is not installed')
}

function storeWorld(options: object = {}, more: Record<string, object> = {}): World {
  return makeWorld({ config: configOf(['key'], {}, { store: options, ...more }) })
}

function store(world: World, words: readonly string[], more: object = {}): Promise<Ended> {
  return run(world, ['store', ...words, '--config', world.config], more)
}

async function put(world: World, value: string, more: object = {}): Promise<Ended> {
  const stdin = Buffer.from(value)
  return run(world, ['secrets', 'set', 'key', '--config', world.config], { stdin, ...more })
}

async function delivered(world: World, env: Record<string, string> = {}): Promise<string> {
  return (await run(world, ['run', '--config', world.config, '--', ...PRINT], { env })).out
}

/** A key pair as a member of a team makes it. */
function member(world: World, name: string): { identity: string; recipient: string } {
  const identity = join(world.dir, `${name}.key`)
  execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' })
  const recipient = execFileSync('age-keygen', ['-y', identity]).toString().trim()
  return { identity, recipient }
}

function opens(world: World, identity: string): boolean {
  return spawnSync('age', ['-d', '-i', identity, world.home.store.path]).status === 0
}

const NAMESPACE = isRoot ? ['-m'] : ['-Urm']
const fakeRecipient = `age1${'q'.repeat(58)}`

describe('init', () => {
  test('makes an empty store and its key, once, and it is on record before and after', async () => {
    const world = storeWorld()
    const made = await store(world, ['init'])
    expect([made.code, made.out]).toEqual([0, ''])
    expect(made.err).toContain(`made store ${world.home.store.path}`)
    for (const path of Object.values(world.home.store))
      expect(statSync(path).mode & 0o777).toBe(0o600)
    const sealed = readFileSync(world.home.store.path)
    const again = await store(world, ['init'])
    expect([again.code, again.err.includes('there is a store')]).toEqual([1, true])
    expect(readFileSync(world.home.store.path)).toEqual(sealed)
    const events = recordsOf(world).map(({ event, detail }) => [event, detail?.['action']])
    expect(events.filter(([, action]) => action === 'store-init')).toEqual([
      ['secret.intent', 'store-init'],
      ['secret.written', 'store-init'],
      ['secret.intent', 'store-init'],
      ['secret.failed', 'store-init'],
    ])
  })

  test('refuses what age cannot do, a key on the command line, and an agent', async () => {
    const world = storeWorld()
    const both = await store(world, ['init', '--passphrase', '--recipient', fakeRecipient])
    expect(both.err).toContain('age seals a file with a passphrase or to recipients, never both')
    const secret = `AGE-SECRET-KEY-1${'Q'.repeat(58)}`
    const typed = await store(world, ['recipients', 'add', secret])
    expect(typed.err).toContain('this is a secret key of age')
    expect(typed.err).not.toContain(secret)
    const checksum = await store(world, ['init', '--recipient', fakeRecipient])
    expect(checksum.err).toContain('this is no age recipient')
    const agent = await store(world, ['init'], { env: { SECRETREF_RUN: 'run-fake' } })
    expect(agent.err).toContain('[AGENT_NOT_ALLOWED]')
    expect(existsSync(world.home.store.path)).toBe(false)
  })
})

describe('recipients', () => {
  test('each opens every later write with plain age, until it is removed', async (context) => {
    needAge(context)
    const world = storeWorld()
    const [one, two] = [member(world, 'one'), member(world, 'two')]
    await store(world, ['init', '--recipient', one.recipient])
    await store(world, ['recipients', 'add', two.recipient])
    await put(world, 'fake-for-all')
    expect([opens(world, one.identity), opens(world, two.identity)]).toEqual([true, true])
    const listed = await store(world, ['recipients', '--json'])
    expect(JSON.parse(listed.out)).toMatchObject({
      version: 1,
      key: 'file',
      others: [one.recipient, two.recipient],
    })
    const removed = await store(world, ['recipients', 'remove', one.recipient])
    expect(removed.err).toContain('rotate the values')
    await put(world, 'fake-for-two')
    expect([opens(world, one.identity), opens(world, two.identity)]).toEqual([false, true])
    expect(opens(world, world.home.store.identity)).toBe(true)
    const unknown = await store(world, ['recipients', 'remove', one.recipient])
    expect([unknown.code, unknown.err.includes('not on the list')]).toEqual([1, true])
    const own = (await store(world, ['recipients'])).out.slice(0, 62)
    expect((await store(world, ['recipients', 'remove', own])).err).toContain('this machine')
  })
})

describe('rekey', () => {
  test('the new key opens it, the old one no longer, and others still do', async (context) => {
    needAge(context)
    const world = storeWorld()
    const other = member(world, 'other')
    await store(world, ['init', '--recipient', other.recipient])
    await put(world, 'fake-kept')
    const old = world.write('old.key', readFileSync(world.home.store.identity))
    const before = world.write('before.age', readFileSync(world.home.store.path))
    expect((await store(world, ['rekey'])).code).toBe(0)
    expect(await delivered(world)).toBe('fake-kept')
    expect([opens(world, old), opens(world, other.identity)]).toEqual([false, true])
    const kept = `${world.home.store.identity}.old`
    expect(statSync(kept).mode & 0o777).toBe(0o600)
    await store(world, ['rekey'])
    expect(spawnSync('age', ['-d', '-i', kept, before]).status).toBe(0)
    expect(await delivered(world)).toBe('fake-kept')
  })
})

describe('rekey to another kind of key', () => {
  test(
    'from a key file to a passphrase and back; the key file stays',
    { timeout: 60_000 },
    async () => {
      const world = storeWorld()
      const env = { SECRETREF_STORE_PASSPHRASE: PASSPHRASE }
      await put(world, 'fake-kept')
      const two = await store(world, ['rekey', '--passphrase', '--keychain'])
      expect([two.code, two.err.includes('one kind of key')]).toEqual([1, true])
      const there = await store(world, ['rekey', '--passphrase'], {
        stdin: Buffer.from(PASSPHRASE),
      })
      expect(there.code).toBe(0)
      expect(there.err).toContain('is opened by its passphrase from now on')
      expect(there.err).toContain('hint: a start needs it in SECRETREF_STORE_PASSPHRASE')
      expect(there.err).toContain(
        `the key stays in ${world.home.store.identity}: it opens older copies`,
      )
      expect([await delivered(world), await delivered(world, env)]).toEqual(['', 'fake-kept'])
      const back = await store(world, ['rekey', '--key-file'], { env })
      expect(back.code).toBe(0)
      expect(back.err).toContain('hint: take the passphrase away from where a start takes it')
      expect(await delivered(world)).toBe('fake-kept')
      const changed = recordsOf(world).filter(({ event }) => event === 'secret.written')
      expect(changed.slice(-2).map(({ detail }) => detail?.['key'])).toEqual(['passphrase', 'file'])
    },
  )

  test('what others can open by keys of their own is sealed by no passphrase', async (context) => {
    needAge(context)
    const world = storeWorld()
    await store(world, ['init', '--recipient', member(world, 'other').recipient])
    const sealed = readFileSync(world.home.store.path)
    const refused = await store(world, ['rekey', '--passphrase'], {
      stdin: Buffer.from(PASSPHRASE),
    })
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('others can open this store by keys of their own')
    expect(readFileSync(world.home.store.path)).toEqual(sealed)
  })
})

// age's scrypt takes a second of a processor each time a store is opened or sealed.
describe('a passphrase', { timeout: 60_000 }, () => {
  test('from the variable: seals, opens, stays from the agent; without it nothing opens', async () => {
    const world = storeWorld()
    const env = { SECRETREF_STORE_PASSPHRASE: PASSPHRASE }
    expect((await store(world, ['init', '--passphrase'], { env })).code).toBe(0)
    expect((await put(world, 'fake-sealed', { env })).code).toBe(0)
    const agent = await run(world, ['run', '--config', world.config, '--', '/usr/bin/env'], { env })
    expect(agent.out).toContain('KEY=fake-sealed')
    expect(agent.out).not.toContain(PASSPHRASE)
    const without = await run(world, ['run', '--config', world.config, '--', ...PRINT])
    expect([without.code, without.out]).toEqual([125, ''])
    expect(without.err).toContain('sealed with a passphrase, and none was given')
    const recipient = await store(world, ['recipients', 'add', fakeRecipient], { env })
    expect(recipient.code).toBe(1)
    expect(existsSync(world.home.store.identity)).toBe(false)
  })

  test('from a file, which must be private; a rekey takes the new one from stdin', async () => {
    const world = storeWorld({ passphraseFile: 'phrase' })
    const file = world.write('phrase', `${PASSPHRASE}\n`)
    await store(world, ['init'])
    chmodSync(file, 0o644)
    chmodSync(world.dir, 0o755)
    const open = await run(world, ['run', '--config', world.config, '--', ...PRINT])
    expect(open.err).toContain('[FILE_INSECURE]')
    chmodSync(file, 0o600)
    const stdin = Buffer.from(`${PASSPHRASE}-new`)
    expect((await store(world, ['rekey'], { stdin })).code).toBe(0)
    expect((await store(world, ['recipients'])).err).toContain('with the passphrase that was given')
    writeFileSync(file, `${PASSPHRASE}-new\n`)
    expect((await store(world, ['recipients'])).out).toContain('opened by its passphrase alone')
  })

  test('is asked for twice on a terminal, without echo, and plain age opens with it', async (context) => {
    needAge(context)
    if (!hasTerminal) skipLoudly(context, 'a prompt', 'python3 is not installed')
    const world = storeWorld()
    const args = ['init', '--passphrase']
    const typed = (one: string, two: string) => onTerminalTyping(world, args, [one, two])
    const differs = await typed(PASSPHRASE, `${PASSPHRASE}x`)
    expect(differs).toContain('the two passphrases differ')
    expect(existsSync(world.home.store.path)).toBe(false)
    await onTerminalTyping(world, args, ['\u0003'])
    expect(existsSync(world.home.store.path)).toBe(false)
    expect(recordsOf(world).at(-1)).toMatchObject({ event: 'secret.failed', reason: 'cancelled' })
    const made = await typed(PASSPHRASE, PASSPHRASE)
    expect(made).toContain('made store')
    expect(differs + made).not.toContain(PASSPHRASE)
    const shown = execFileSync('/usr/bin/python3', [
      '-c',
      AGE_ON_TERMINAL,
      PASSPHRASE,
      world.home.store.path,
    ])
    expect(shown.toString()).toContain('"secretref-store": 1')
  })
})

/** Types each line when a prompt is there. */
async function onTerminalTyping(
  world: World,
  args: readonly string[],
  lines: readonly string[],
): Promise<string> {
  const through = ['/usr/bin/python3', '-c', TYPING, JSON.stringify(lines)]
  expect(onTerminal.length).toBeGreaterThan(0)
  const { out, err } = await run(world, ['store', ...args, '--config', world.config], { through })
  return out + err
}

const TYPING = `
import json, os, pty, sys, time
lines = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b''
asked = 0
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    if seen.count(b'(not shown): ') > asked and asked < len(lines):
        time.sleep(0.1)
        os.write(fd, lines[asked].encode() + b'\\r')
        asked += 1
os.waitpid(pid, 0)
sys.stdout.write(seen.decode())
`

const AGE_ON_TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp('age', ['age', '-d', sys.argv[2]])
seen = b''
typed = False
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    if b'passphrase' in seen and not typed:
        os.write(fd, sys.argv[1].encode() + b'\\n')
        typed = True
os.waitpid(pid, 0)
sys.stdout.write(seen.decode())
`

describe('what can be wrong with it, in words', () => {
  test('it was cut, or overwritten, or is gone', async () => {
    const world = storeWorld()
    await put(world, 'fake-kept')
    const { path } = world.home.store
    const sealed = readFileSync(path)
    for (const [bytes, said, hint] of [
      [sealed.subarray(0, 300), 'cannot be opened with the keys', 'put back the key'],
      [Buffer.from('hello'), `${path} is no age file`, 'put it back from a backup'],
      [Buffer.alloc(0), `${path} is no age file`, 'put it back from a backup'],
      [undefined, `${path} does not exist`, 'put it back from a backup, or begin anew'],
    ] as const) {
      if (bytes === undefined) unlinkSync(path)
      else writeFileSync(path, bytes)
      const ended = await run(world, ['run', '--config', world.config, '--', 'true'])
      expect(ended.code).toBe(125)
      expect(ended.err).toContain(said)
      expect(ended.err).toContain(`hint: ${hint}`)
    }
  })

  test('a wrong passphrase, and a file for it that is not there', async () => {
    const world = storeWorld()
    const env = { SECRETREF_STORE_PASSPHRASE: PASSPHRASE }
    await put(world, 'fake-sealed', { env })
    const start = ['run', '--config', world.config, '--', 'true']
    const wrong = await run(world, start, { env: { SECRETREF_STORE_PASSPHRASE: 'fake-wrong' } })
    expect(wrong.err).toContain('cannot be opened with the passphrase that was given')
    expect(wrong.err).toContain('hint: correct SECRETREF_STORE_PASSPHRASE')
    world.writeConfig(configOf(['key'], {}, { store: { passphraseFile: 'none' } }))
    const none = await run(world, start)
    expect(none.err).toContain(`${join(world.dir, 'none')}, which is to hold the passphrase`)
  })

  test('a full disk is one, and no other process that holds the store', async (context) => {
    if (spawnSync('unshare', [...NAMESPACE, 'true']).status !== 0) {
      skipLoudly(context, 'a full disk', 'no mount namespaces here')
    }
    const world = storeWorld({ path: 'small/store.age', identity: 'small/key' })
    const small = join(world.dir, 'small')
    mkdirSync(small, { mode: 0o700 })
    const script = `mount -t tmpfs -o size=1m,mode=700 none ${small} && cat /dev/zero 2>/dev/null >${small}/filler; exec "$@"`
    const full = await put(world, 'fake', {
      through: ['unshare', ...NAMESPACE, '/bin/sh', '-c', script, 'sh'],
    })
    expect(full.code).toBe(1)
    expect(full.err).toContain(
      `nothing was stored: the disk that holds ${small}/store.age.lock is full`,
    )
    expect(full.err).toContain('hint: free some space there')
  })
})

describe('import', () => {
  const secrets = {
    stripe_api_key: {
      value: 'fake-import-one',
      provider: 'openclaw',
      createdAt: '2026-01-01T00:00:00Z',
      expiresAt: '2099-01-01T00:00:00Z',
    },
    flat: 'fake-import-"two"',
  }

  function plain(): World {
    const config = configOf(
      [{ secretRef: 'stripe-api-key', envVar: 'KEY' }],
      {},
      { file: {}, store: {} },
    )
    return makeWorld({ config, secrets })
  }

  test('moves all of it, proves what it says, and goes on where it is run again', async () => {
    const world = plain()
    const left = world.write('state/backup.txt', Buffer.from('x fake-import-one y'))
    const moved = await store(world, ['import'])
    expect(moved.code).toBe(1)
    expect(existsSync(world.secrets)).toBe(false)
    expect(moved.err).toContain('stripe-api-key: moved (version 1)\nflat: moved (version 1)\n')
    expect(moved.err).toContain('1 still holds one')
    expect(moved.err).toContain('backup.txt')
    expect(moved.err).toContain('the config still looks for stripe-api-key in a file')
    expect(moved.err).not.toContain('fake-import')
    writeFileSync(left, '')
    const again = await store(world, ['import', '--json'])
    expect(again.code).toBe(0)
    expect(JSON.parse(again.out)).toMatchObject({ version: 1, there: false, left: 0, items: [] })
    expect(again.err).toContain(`${world.secrets} is not there any more: it was imported already`)
    const config = configOf(['stripe-api-key'], { description: 'fake-import-one' }, { store: {} })
    world.writeConfig(config)
    const inConfig = await store(world, ['import'])
    expect([inConfig.code, inConfig.err.includes('the config itself holds a value')]).toEqual([
      1,
      true,
    ])
    expect(inConfig.err).toContain('the config looks for none of its refs in a plaintext file')
    world.writeConfig(configOf([{ secretRef: 'stripe-api-key', envVar: 'KEY' }], {}, { store: {} }))
    const history = ['secrets', 'history', 'stripe-api-key', '--secrets-provider', 'store']
    const kept = await run(world, [...history, '--json', '--config', world.config])
    expect(JSON.parse(kept.out)).toMatchObject({
      versions: [{ createdAt: '2026-01-01T00:00:00.000Z', expiresAt: '2099-01-01T00:00:00.000Z' }],
    })
    const written = recordsOf(world).filter(({ event, ref }) => event === 'secret.written' && ref)
    expect(written.map(({ ref, secret }) => [ref, secret?.fingerprint?.slice(0, 12)])).toEqual([
      ['stripe-api-key', 'hmac-sha256:'],
      ['flat', 'hmac-sha256:'],
    ])
    for (const name of readdirSync(dirname(world.secrets))) {
      const path = join(dirname(world.secrets), name)
      if (statSync(path).isFile()) expect(readFileSync(path).includes('fake-import')).toBe(false)
    }
    expect(
      await run(world, [
        'run',
        '--secrets-provider',
        'store',
        '--config',
        world.config,
        '--',
        ...PRINT,
      ]),
    ).toMatchObject({ out: 'fake-import-one' })
  })

  test('what is stored and not yet removed is recognised; another value is never overwritten', async () => {
    const world = plain()
    await store(world, ['import'])
    world.writeSecrets(secrets)
    const again = await store(world, ['import'])
    expect([again.code, again.err.includes('stripe-api-key: was in the store')]).toEqual([0, true])
    world.writeSecrets({ ...secrets, stripe_api_key: 'fake-another-value' })
    const bytes = readFileSync(world.home.store.path)
    const other = await store(world, ['import'])
    expect(other.err).toContain('the store has another value for "stripe-api-key"')
    expect(readFileSync(world.home.store.path)).toEqual(bytes)
    expect(readFileSync(world.secrets, 'utf8')).toContain('fake-another-value')
  })

  test('a file that never was is a mistake, and so is one whose store is gone', async () => {
    const world = plain()
    const typo = join(world.dir, 'secretz.json')
    const missing = await store(world, ['import', typo])
    expect({ code: missing.code, out: missing.out }).toEqual({ code: 1, out: '' })
    expect(missing.err).toContain(`${typo} does not exist, and no import of it is on record`)
    expect(missing.err).toContain('hint: name the file that holds the values')
    expect(existsSync(world.home.store.path)).toBe(false)
    await store(world, ['import'])
    expect((await store(world, ['import', typo])).code).toBe(1)
    unlinkSync(world.home.store.path)
    const gone = await store(world, ['import'])
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('there is no store at')])
  })

  test.each([
    ['half of it is unusable', { good: 'fake-good-value', bad: 7 }, 'SECRET_MALFORMED'],
    [
      'a name is twice',
      { stripe_api_key: 'fake-aaaa-1', 'stripe-api-key': 'fake-bbbb-2' },
      'two spellings',
    ],
    [
      'a name holds a value',
      { good: 'fake-value-in-name', 'x-fake-value-in-name': 'fake-x' },
      'looks like a value',
    ],
  ])('nothing moves where %s', async (_what, content, said) => {
    const world = plain()
    world.writeSecrets(content)
    const before = readFileSync(world.secrets)
    const ended = await store(world, ['import'])
    expect(ended.code).toBe(1)
    expect(ended.err).toContain(said)
    expect(ended.err).not.toContain('fake-')
    expect(readFileSync(world.secrets)).toEqual(before)
    expect(existsSync(world.home.store.path)).toBe(false)
  })
})
