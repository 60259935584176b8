/** `doctor`: finds what is wrong, says how to mend it, and changes nothing. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openAuditLog } from '../../src/audit/log.ts'
import { doctor } from '../../src/cli/doctor.ts'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import { checkSecretsFiles } from '../../src/cli/doctor/secrets.ts'
import type { Io } from '../../src/cli/io.ts'
import { actorOf } from '../../src/gateway/actor.ts'
import { provider } from '../../src/values/providers/file.ts'
import { configOf, isLinux, makeWorld, run, runAgent, type World } from '../process/support.ts'
import { skipLoudly } from '../values/loud.ts'

interface Seen {
  code: number
  out: string
  findings: readonly Finding[]
  /** The findings of one check that are not good, as `sign: message | hint`. */
  troubles: (check: string) => string[]
}

/** Looks with the config of the world, as `$SECRETREF_CONFIG` where there is one. */
async function look(w: World, given: Partial<Io> = {}): Promise<Seen> {
  const env = { ...w.env, ...(existsSync(w.config) ? { SECRETREF_CONFIG: w.config } : {}) }
  let out = ''
  const io: Io = {
    program: 'secretref',
    env,
    cwd: w.dir,
    home: w.home,
    signs: true,
    now: () => new Date(),
    out: (text) => (out += text),
    err: () => {},
    ...given,
  }
  const code = await doctor(io, {})
  const text = out
  out = ''
  await doctor(io, { json: true })
  const { findings }: { findings: readonly Finding[] } = JSON.parse(out)
  const troubles = (check: string): string[] =>
    findings
      .filter((finding) => finding.check === check && finding.sign !== 'good')
      .map(({ sign, message, hint }) => `${sign}: ${message} | ${hint ?? ''}`)
  return { code, out: text, findings, troubles }
}

/** A world in which an agent has run once. */
async function used(): Promise<World> {
  const w = makeWorld({
    config: configOf(['stripe-api-key']),
    secrets: { 'stripe-api-key': 'fake' },
  })
  expect(await runAgent(w, ['true'])).toMatchObject({ code: 0 })
  return w
}

/**
 * Everything in a folder: names, modes, times, content. Without SQLite's `-shm`, in which even readers
 * mark that they are reading, and without the change time, which it renews on its `-wal`.
 */
function snapshot(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('-shm'))
    .sort()
    .map((name) => {
      const path = join(dir, name)
      const { mode, mtimeMs, size, ino } = lstatSync(path)
      const hash = lstatSync(path).isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : ''
      return [name, mode, mtimeMs, size, ino, hash].join(' ')
    })
}

describe('the whole', () => {
  test('after a run all is well, nothing is bad, and every trouble has a hint', async () => {
    const w = await used()
    const { code, findings } = await look(w)
    expect(code).toBe(0)
    const signOf = (check: string): unknown => findings.find((f) => f.check === check)?.sign
    for (const check of ['node', 'shell', 'home', 'audit log', 'clock', 'config', 'secrets']) {
      expect([check, signOf(check)]).toEqual([check, 'good'])
    }
    for (const { sign, hint } of findings) {
      if (sign === 'attention' || sign === 'bad') expect(hint).toBeTruthy()
    }
  })

  test('before the first start nothing is there, which is not bad, and nothing is made', async () => {
    const w = makeWorld()
    rmSync(w.home.dir, { recursive: true })
    const { code, out, troubles } = await look(w)
    expect(code).toBe(0)
    expect(troubles('home')).toEqual([
      `none: ${w.home.dir} is not there yet; the first start makes it | `,
    ])
    expect(troubles('config')).toEqual([expect.stringMatching(/^attention: no config .*init/)])
    expect(out).toContain('⚪ audit log: there is none yet')
    expect(existsSync(w.home.dir)).toBe(false)
  })

  test('it changes nothing, whether its databases were left, are open, or were closed', async () => {
    const w = await used()
    const left = snapshot(w.dir)
    await look(w)
    expect(snapshot(w.dir)).toEqual(left)
    const log = openAuditLog(w.home)
    await log.append([{ event: 'run.skipped', actor: actorOf() }])
    const open = snapshot(w.dir)
    expect(await look(w)).toMatchObject({ code: 0 })
    expect(snapshot(w.dir)).toEqual(open)
    await log.close()
    // Closed by its last user, the database has no other files, and reading makes none.
    expect(readdirSync(w.home.dir).filter((name) => name.startsWith('audit.lock-'))).toEqual([])
    const closed = snapshot(w.dir)
    expect(await look(w)).toMatchObject({ code: 0 })
    expect(snapshot(w.dir)).toEqual(closed)
    expect(readdirSync(w.home.dir).filter((name) => name.startsWith('audit.lock-'))).toEqual([])
  })

  test('a line for each check, a hint below; words where signs cannot be shown', async () => {
    const w = await used()
    chmodSync(w.home.keys, 0o755)
    const plain = await run(w, ['doctor'], {
      env: { NO_COLOR: '1', SECRETREF_CONFIG: w.config },
    })
    expect(plain.code).toBe(1)
    expect(plain.err).toBe('')
    expect(plain.out).toContain('[ok] node: ')
    expect(plain.out).toContain(
      `[fail] home: ${w.home.keys} can be reached by others\n   hint: chmod 700 ${w.home.keys}\n`,
    )
    expect(plain.out).toMatch(/^(?:\[(?:ok|warn|fail|none)\] [a-z ]+: .+\n(?: {3}hint: .+\n)?)+$/)
    const json = await run(w, ['doctor', '--json'], { env: { SECRETREF_CONFIG: w.config } })
    expect(JSON.parse(json.out)).toMatchObject({ version: 1, ok: false })
    expect(json.code).toBe(1)
  })
})

describe('home', () => {
  test.each([
    ['dir', 0o755, '700'],
    ['keys', 0o710, '700'],
    ['fingerprintKey', 0o640, '600'],
    ['auditLock', 0o644, '600'],
    ['stateDb', 0o604, '600'],
  ] as const)('%s with mode %o: bad, with its chmod', async (name, mode, mended) => {
    const w = await used()
    const path = w.home[name]
    chmodSync(path, mode)
    const { code, troubles } = await look(w)
    expect(code).toBe(1)
    expect(troubles('home')).toEqual([
      `bad: ${path} can be reached by others | chmod ${mended} ${path}`,
    ])
  })

  test('what is no file or no folder, and a path that a shell would split', async () => {
    const w = await used()
    rmSync(w.home.stateDb)
    symlinkSync('/etc/passwd', w.home.stateDb)
    expect((await look(w)).troubles('home')).toEqual([
      `bad: ${w.home.stateDb} is no file | move it away: mv ${w.home.stateDb} elsewhere`,
    ])
    const odd = join(w.dir, "it's here")
    renameSync(w.home.dir, odd)
    chmodSync(odd, 0o755)
    const home = { ...w.home, dir: odd, stateDb: join(odd, 'none') }
    const { troubles } = await look(w, { home })
    expect(troubles('home')[0]).toContain(`| chmod 700 '${odd.replace("'", `'\\''`)}'`)
  })

  test('a folder of values that a killed gateway left behind is told, and left', async () => {
    const w = await used()
    const left = join(w.home.run, 'secretref-999999999-1-1-AbCdEf')
    mkdirSync(left, { recursive: true, mode: 0o700 })
    chmodSync(w.home.run, 0o700)
    const { code, troubles } = await look(w)
    expect(code).toBe(0)
    expect(troubles('file delivery').join()).toContain(`attention: ${left} was left behind`)
    expect(existsSync(left)).toBe(true)
  })
})

describe('audit log', () => {
  test('cut, replaced or gone: bad, with the commands that lead on', async () => {
    for (const meddle of [
      (path: string) => truncateSync(path, 100),
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replaceAll('true', 'fals')),
      (path: string) => rmSync(path),
    ]) {
      const w = await used()
      meddle(w.home.auditLog)
      const { code, troubles } = await look(w)
      expect(code).toBe(1)
      expect(troubles('audit log')).toEqual([expect.stringMatching(/^bad: .*log archive --yes/)])
    }
  })

  test('a torn end and a lost head are to be known', async () => {
    const w = await used()
    appendFileSync(w.home.auditLog, '{"v":1,')
    expect((await look(w)).troubles('audit log')).toEqual([
      expect.stringMatching(/^attention: it ends in the middle of a line \(7 bytes\)/),
    ])
    for (const name of readdirSync(w.home.dir)) {
      if (name.startsWith('audit.lock')) rmSync(join(w.home.dir, name))
    }
    truncateSync(w.home.auditLog, lstatSync(w.home.auditLog).size - 7)
    const { code, troubles } = await look(w)
    expect(code).toBe(0)
    expect(troubles('audit log')).toEqual([expect.stringMatching(/^attention: .* cannot be seen/)])
  })

  test('a FIFO or a link in the place of log or lock does not hang it', async () => {
    for (const name of ['auditLog', 'auditLock'] as const) {
      for (const make of [
        (path: string) => void spawnSync('mkfifo', [path]),
        (path: string) => symlinkSync('/dev/zero', path),
      ]) {
        const w = await used()
        rmSync(w.home[name])
        make(w.home[name])
        const { code, troubles } = await look(w)
        expect(code).toBe(1)
        expect(troubles('audit log')).toEqual([expect.stringMatching(/^bad: .*move .* away/)])
      }
    }
  })
})

describe('clock', () => {
  test('before the last record, or before the program was there: bad', async () => {
    const w = makeWorld()
    const log = openAuditLog(w.home, { now: () => new Date('2100-01-01T00:00:00Z') })
    await log.append([{ event: 'run.skipped', actor: actorOf() }])
    await log.close()
    const { code, troubles } = await look(w)
    expect(code).toBe(1)
    expect(troubles('clock')).toEqual([
      expect.stringMatching(/before the last record was written \(2100-.*timedatectl/),
    ])
    const early = await look(makeWorld(), { now: () => new Date('2001-01-01T00:00:00Z') })
    expect(early.troubles('clock')).toEqual([
      expect.stringMatching(/^bad: it says 2001-.* before this program was installed/),
    ])
  })
})

describe('config', () => {
  test('one that is named and missing, or has mistakes: bad', async () => {
    const w = makeWorld()
    const env = { ...w.env, SECRETREF_CONFIG: join(w.dir, 'none.json') }
    const missing = await look(w, { env })
    expect(missing.code).toBe(1)
    expect(missing.troubles('config')).toEqual([expect.stringMatching(/^bad: there is no config/)])
    w.writeConfig({ agent: {} })
    const mistaken = await look(w)
    expect(mistaken.code).toBe(1)
    expect(mistaken.troubles('config')).toEqual([expect.stringMatching(/^bad: .*config check/)])
  })

  test('one that was found and is not trusted is to be known', async () => {
    const w = makeWorld()
    w.write('secretref.json', JSON.stringify(configOf(['a'])))
    const { code, troubles } = await look(w)
    expect(code).toBe(0)
    expect(troubles('config')).toEqual([
      expect.stringMatching(/^attention: .* is not trusted.*trust/),
    ])
  })

  test('one that others can write: bad, with its chmod', async () => {
    const w = await used()
    chmodSync(w.config, 0o666)
    expect((await look(w)).troubles('config')).toEqual([
      `bad: the config ${w.config} can be written by others | chmod go-w ${w.config}`,
    ])
  })
})

describe('secrets files', () => {
  test('every file that the config names, in all environments; a good one is not listed twice', async () => {
    const w = makeWorld()
    chmodSync(w.dir, 0o755)
    const open = (name: string): string => {
      const path = w.write(name, 'fake', 0o644)
      chmodSync(path, 0o644)
      return path
    }
    const paths = ['a.key', 'b.key', 'c.key'].map(open)
    w.writeConfig({
      ...configOf(['a'], {}, { file: { path: 'values.json' } }),
      environments: {
        staging: { secrets: { a: { provider: 'file', path: 'a.key' } } },
        production: {
          secrets: { a: { provider: ['vault', { provider: 'file', path: 'b.key' }] } },
        },
      },
      openclaw: {
        gateway: {
          environment: 'production',
          secrets: { 'active-provider': 'file', fallback: [{ provider: 'file', path: 'c.key' }] },
        },
      },
    })
    const { code, troubles } = await look(w)
    expect(code).toBe(1)
    expect(troubles('secrets').sort()).toEqual(
      [
        ...paths.map((path) => `bad: ${path} can be reached by others | chmod 600 ${path}`),
        `attention: ${join(w.dir, 'values.json')} is not there yet | \`secretref secrets set NAME\` makes it`,
      ].sort(),
    )
  })

  test('what a killed setter left beside one, a value in it', async () => {
    const w = makeWorld()
    w.write('folder/a.key', 'fake')
    const left = ['.secretref-0123456789abcdef', 'folder/.secretref-fedcba9876543210'].map((name) =>
      w.write(name, 'fake'),
    )
    const paths = [join(w.dir, 'values.json'), join(w.dir, 'folder')]
    const found = checkSecretsFiles('secretref', paths).map(({ message }) => message)
    for (const path of left) {
      expect(found).toContain(
        `${path} is what a \`secrets set\` that was killed has left: it holds a value`,
      )
    }
    expect(found).toHaveLength(4)
  })

  test('says of every file what the file provider does with it', async (context) => {
    if (!isLinux) skipLoudly(context, 'modes of secrets files', 'another kernel')
    const w = makeWorld()
    chmodSync(w.dir, 0o755)
    const folder = join(w.dir, 'folder')
    mkdirSync(folder)
    const path = join(folder, 'one.key')
    const kinds = ['file', 'file', 'file', 'second name', 'link', 'fifo', 'none'] as const
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.nat(0o77),
        fc.constantFrom(0, 0, 0o55, 0o11, 0o44, 0o50, 0o05),
        async (kind, mode, folderMode) => {
          rmSync(path, { force: true })
          rmSync(`${path}-2`, { force: true })
          chmodSync(folder, 0o700 | folderMode)
          if (kind === 'link') symlinkSync('/etc/hostname', path)
          else if (kind === 'fifo') spawnSync('mkfifo', [path])
          else if (kind !== 'none') writeFileSync(path, 'fake')
          if (kind === 'second name') linkSync(path, `${path}-2`)
          if (kind === 'file' || kind === 'second name') chmodSync(path, 0o600 | mode)
          const [finding] = checkSecretsFiles('secretref', [path])
          const sign = finding?.sign
          const seen = kind === 'none' ? 'absent' : sign === 'good' ? 'fine' : sign
          expect([kind, mode, folderMode, seen]).toEqual([
            kind,
            mode,
            folderMode,
            await delivered(path),
          ])
        },
      ),
      { numRuns: 150 },
    )
  })
})

/** What the value wing makes of it, in the doctor's words. */
async function delivered(path: string): Promise<string> {
  const session = await provider.open(
    { path, format: 'raw' },
    {
      name: 'file',
      signal: new AbortController().signal,
      now: () => new Date(),
      spend: () => true,
      env: new Map(),
    },
  )
  const [outcome] = await session.get([{ path: '', field: 'any' }])
  await session.close()
  if (outcome?.kind !== 'value') return outcome?.kind === 'absent' ? 'absent' : 'bad'
  return (outcome.meta.warnings ?? []).length > 0 ? 'attention' : 'fine'
}

describe('the machine', () => {
  test('variables that run foreign code are named and not shown', async () => {
    const w = makeWorld()
    const env = { ...w.env, NODE_OPTIONS: '--title=fake-content', LD_PRELOAD: '/fake/content.so' }
    const { code, out, troubles } = await look(w, { env })
    expect(code).toBe(0)
    expect(troubles('foreign code').map((line) => line.split(':')[1]?.trim())).toEqual([
      'NODE_OPTIONS is set',
      'LD_PRELOAD is set',
    ])
    expect(out).not.toContain('fake')
  })

  test('what a kernel says of core dumps and tracing is passed on as it is', async (context) => {
    if (!isLinux) skipLoudly(context, 'core dumps and tracing', 'there is no /proc')
    const { findings } = await look(makeWorld())
    const piped = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').startsWith('|')
    const dumps = findings.find(({ check }) => check === 'core dumps')
    expect(dumps?.sign).toBe(piped ? 'attention' : 'good')
    const yama = '/proc/sys/kernel/yama/ptrace_scope'
    const restricted = existsSync(yama) && readFileSync(yama, 'utf8').trim() !== '0'
    const tracing = findings.find(({ check }) => check === 'tracing')
    expect(tracing?.sign).toBe(restricted ? 'good' : 'attention')
  })

  test('a caller with few files open at most is warned', async (context) => {
    if (!isLinux) skipLoudly(context, 'the limit on open files', 'there is no /proc')
    const w = makeWorld()
    const shell = ['/bin/sh', '-c', 'ulimit -n 100; "$@"', 'sh']
    const { out } = await run(w, ['doctor'], { through: shell })
    expect(out).toContain('open files: at most 100 may be open')
  })
})
