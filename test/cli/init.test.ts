/** `init`: what it writes, what it leaves alone, and the three commands that then work. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { requireTrust } from '../../src/config/trust.ts'
import { CLI, eventsOf, isRoot, makeWorld, recordsOf, run, type World } from '../process/support.ts'
import { skipLoudly } from '../values/loud.ts'

const VALUE = ['fake', 'value', 'Rm8dQ1'].join('-')

/** A world whose SECRETREF_HOME is not there yet, and an empty folder in it. */
function empty(): { w: World; folder: string; config: string } {
  const w = makeWorld()
  rmdirSync(w.home.dir)
  const folder = join(w.dir, 'empty')
  mkdirSync(folder, { mode: 0o755 })
  return { w, folder, config: join(folder, 'secretref.json') }
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('in an empty folder', () => {
  test('writes a config that loads without a warning and is trusted, and a private place', async () => {
    const { w, folder, config } = empty()
    const ended = await run(w, ['init'], { cwd: folder })
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toBe(
      `wrote ${config}, and trusts it\n` +
        `values will lie encrypted in ${w.home.store.path}\n` +
        'next:\n' +
        '  secretref secrets set stripe-api-key\n' +
        `  secretref run -- sh -c 'echo "\${STRIPE_API_KEY:+the agent has its key}"'\n`,
    )
    expect(readdirSync(folder)).toEqual(['secretref.json'])
    expect(modeOf(config)).toBe('644')
    expect(modeOf(w.home.dir)).toBe('700')
    expect(existsSync(w.secrets)).toBe(false)
    const loaded = await loadConfig({ path: config, found: true }, { now: new Date() })
    expect(loaded.warnings).toEqual([])
    expect(() => requireTrust(loaded, w.home)).not.toThrow()
    expect(recordsOf(w).at(-1)).toMatchObject({
      event: 'config.trusted',
      config: loaded.hash,
      detail: { path: config },
    })
    // It may go into git: nothing of this machine stands in it.
    expect(readFileSync(config, 'utf8')).not.toContain(w.dir)
    expect(await run(w, ['config', 'check'], { cwd: folder })).toMatchObject({ code: 0, err: '' })
  })

  test('the next two commands work as they are printed', async () => {
    const { w, folder } = empty()
    const { out } = await run(w, ['init'], { cwd: folder })
    const printed = /^ {2}secretref (run -- sh -c '.*')$/m.exec(out)?.[1] ?? ''
    expect(
      await run(w, ['secrets', 'set', 'stripe-api-key'], {
        cwd: folder,
        stdin: Buffer.from(`${VALUE}\n`),
      }),
    ).toMatchObject({ code: 0 })
    const shell = ['/bin/sh', '-c', `"$@" ${printed}`, 'sh']
    const ended = await run(w, [], { cwd: folder, through: shell })
    expect(ended).toMatchObject({ code: 0, out: 'the agent has its key\n' })
    const exact = await run(w, ['run', '--', 'sh', '-c', 'printf %s "$STRIPE_API_KEY"'], {
      cwd: folder,
    })
    expect(exact.out).toBe(VALUE)
    expect(readFileSync(w.home.store.path).includes(VALUE)).toBe(false)
    expect(modeOf(w.home.store.path)).toBe('600')
  })

  test('and so they do for an ordinary user', async (context) => {
    if (!isRoot) skipLoudly(context, 'init as another user', 'the tests run as one already')
    const user = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    const [setpriv = '', ...as] = user
    const reach = spawnSync(setpriv, [...as, process.execPath, '--check', CLI], { cwd: '/' })
    if (reach.status !== 0) {
      skipLoudly(context, 'init as another user', 'no setpriv, or this folder is closed to others')
    }
    const { w, folder, config } = empty()
    for (const path of [w.dir, w.env['HOME'] ?? '', folder]) chownSync(path, 65534, 65534)
    const how = { cwd: folder, through: user }
    expect(await run(w, ['init'], how)).toMatchObject({ code: 0, err: '' })
    expect(lstatSync(config).uid).toBe(65534)
    const set = await run(w, ['secrets', 'set', 'stripe-api-key'], {
      ...how,
      stdin: Buffer.from(VALUE),
    })
    expect(set.code).toBe(0)
    const ended = await run(w, ['run', '--', 'sh', '-c', 'printf %s "$STRIPE_API_KEY"'], how)
    expect(ended).toMatchObject({ code: 0, out: VALUE })
    expect(await run(w, ['doctor'], how)).toMatchObject({ code: 0 })
  })

  test('a umask that lets the group write does not make a config that is refused', async () => {
    const { w, folder, config } = empty()
    const shell = ['/bin/sh', '-c', 'umask 002; "$@"', 'sh']
    expect(await run(w, ['init'], { cwd: folder, through: shell })).toMatchObject({ code: 0 })
    expect(modeOf(config)).toBe('644')
  })

  test('--global writes the user’s own config, which then holds in every folder', async () => {
    const { w, folder } = empty()
    const config = join(w.env['HOME'] ?? '', '.config/secretref/config.json')
    const ended = await run(w, ['init', '--global'], { cwd: folder })
    expect(ended.out).toContain(`wrote ${config}, and trusts it\n`)
    expect(readdirSync(folder)).toEqual([])
    expect(modeOf(join(config, '..'))).toBe('700')
    const set = await run(w, ['secrets', 'set', 'stripe-api-key'], { stdin: Buffer.from(VALUE) })
    expect(set.code).toBe(0)
  })
})

describe('what is there stays', () => {
  test.each([
    ['a config', (path: string) => writeFileSync(path, '{}')],
    ['a link to nothing', (path: string) => symlinkSync('/nowhere', path)],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('%s in its place is refused', async (_, make) => {
    const { w, folder, config } = empty()
    make(config)
    const before = lstatSync(config)
    const ended = await run(w, ['init'], { cwd: folder })
    expect(ended.code).toBe(1)
    expect(ended.err).toContain(`there is a config already: ${config} [USAGE]\nhint: `)
    expect(lstatSync(config)).toEqual(before)
    expect(eventsOf(w)).toEqual([])
  })

  test('a secrets file keeps what it holds', async () => {
    const { w, folder } = empty()
    mkdirSync(w.home.dir, { mode: 0o700 })
    w.writeSecrets({ 'stripe-api-key': { value: VALUE } })
    const before = readFileSync(w.secrets, 'utf8')
    expect((await run(w, ['init'], { cwd: folder })).out).toContain(
      `values lie in the clear in ${w.secrets}\n`,
    )
    expect(readFileSync(w.secrets, 'utf8')).toBe(before)
  })

  test('values in the second place are not hidden by an empty first one', async () => {
    const { w, folder } = empty()
    const second = w.home.secretsFiles[1]
    mkdirSync(join(second, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(second, JSON.stringify({ 'stripe-api-key': VALUE }), { mode: 0o600 })
    expect((await run(w, ['init'], { cwd: folder })).out).toContain(
      `values lie in the clear in ${second}\n`,
    )
    expect(existsSync(w.secrets)).toBe(false)
    const ended = await run(w, ['run', '--', 'sh', '-c', 'printf %s "$STRIPE_API_KEY"'], {
      cwd: folder,
    })
    expect(ended.out).toBe(VALUE)
  })
})

describe('where it cannot', () => {
  test('a folder that others can write is told, and nothing is left in it', async () => {
    const { w, folder } = empty()
    chmodSync(folder, 0o775)
    const ended = await run(w, ['init'], { cwd: folder })
    expect(ended.code).toBe(1)
    expect(ended.err).toContain('[CONFIG_INSECURE]')
    expect(ended.err).toContain(`hint: chmod go-w ${folder}\n`)
    expect(readdirSync(folder)).toEqual([])
  })

  test('without a durable record there is no trust, and no config', async () => {
    const { w, folder } = empty()
    mkdirSync(w.home.dir)
    chmodSync(w.home.dir, 0o755)
    const ended = await run(w, ['init'], { cwd: folder })
    expect(ended.code).toBe(1)
    expect(ended.err).toContain('[AUDIT_UNAVAILABLE]')
    expect(ended.err).toContain(`chmod 700 ${w.home.dir}`)
    expect(readdirSync(folder)).toEqual([])
    expect(existsSync(w.home.trust)).toBe(false)
  })

  test('an agent may not', async () => {
    const { w, folder } = empty()
    const ended = await run(w, ['init'], { cwd: folder, env: { SECRETREF_RUN: 'any' } })
    expect(ended.err).toContain('[AGENT_NOT_ALLOWED]')
    expect(readdirSync(folder)).toEqual([])
  })

  test('another config that comes first is said', async () => {
    const { w, folder } = empty()
    const other = w.write('other.json', '{}')
    const env = { SECRETREF_CONFIG: other }
    const ended = await run(w, ['init'], { cwd: folder, env })
    expect(ended.code).toBe(0)
    expect(ended.err).toContain(`in this folder another config comes first: ${other}\n`)
  })
})
