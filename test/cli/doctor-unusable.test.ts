/** Where no start could succeed, `doctor` says so and fails too: each is tried with a `run` beside it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import {
  configOf,
  isLinux,
  isRoot,
  makeWorld,
  run,
  runAgent,
  type RunOptions,
  type World,
} from '../process/support.ts'
import { skipLoudly } from '../values/loud.ts'

const NOBODY = 65_534
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] as const
const TIMEOUT_MS = 60_000

/** Root may do everything: the world is given to somebody else, and looked at as that user. */
async function ordinary(context: TestContext): Promise<{ w: World; options: RunOptions }> {
  if (!isLinux) skipLoudly(context, 'a start of an ordinary user', 'no setpriv')
  const w = makeWorld({
    config: configOf(['stripe-api-key']),
    secrets: { 'stripe-api-key': 'fake' },
  })
  const options = isRoot ? { through: AS_NOBODY } : {}
  if (isRoot) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, w.dir])
  expect(await runAgent(w, ['true'], options)).toMatchObject({ code: 0 })
  return { w, options }
}

/** What is bad, as `check: message [code] | hint`. */
async function badIn(
  w: World,
  options: RunOptions,
): Promise<{ code: number | null; bad: string[] }> {
  const env = { SECRETREF_CONFIG: w.config, ...options.env }
  const { code, out, err } = await run(w, ['doctor', '--json'], { ...options, env })
  expect(err).toBe('')
  const { ok, findings }: { ok: boolean; findings: readonly Finding[] } = JSON.parse(out)
  expect(ok).toBe(code === 0)
  const bad = findings
    .filter(({ sign }) => sign === 'bad')
    .map((f) => `${f.check}: ${f.message} [${f.code ?? ''}] | ${f.hint ?? ''}`)
  return { code, bad }
}

/** One trouble: nothing starts, and the doctor names it. */
async function expectBoth(w: World, options: RunOptions, expected: RegExp): Promise<void> {
  expect(await runAgent(w, ['true'], options)).toMatchObject({ code: 125 })
  expect(await badIn(w, options)).toEqual({ code: 1, bad: [expect.stringMatching(expected)] })
}

describe('what an ordinary user may not do', { timeout: TIMEOUT_MS }, () => {
  test('nothing is bad where all is well', async (context) => {
    const { w, options } = await ordinary(context)
    expect(await badIn(w, options)).toEqual({ code: 0, bad: [] })
  })

  for (const [name, mode, expected] of [
    ['dir', 0o500, /^home: \S+ cannot be used by you \(EACCES\) \[\] \| chmod u\+rwx /],
    ['keys', 0o000, /^home: \S+keys cannot be used by you \(EACCES\) \[\] \| chmod u\+rwx /],
    ['auditLog', 0o400, /^home: \S+audit\.log cannot be written by you \(EACCES\) \[\] \| chmod /],
  ] as const) {
    test(`${name} with mode ${mode.toString(8)}`, async (context) => {
      const { w, options } = await ordinary(context)
      chmodSync(w.home[name], mode)
      await expectBoth(w, options, expected)
    })
  }

  test('a home that is shut: what lies in it has no trouble of its own', async (context) => {
    const { w, options } = await ordinary(context)
    chmodSync(w.home.dir, 0)
    expect(await runAgent(w, ['true'], options)).toMatchObject({ code: 125 })
    const hint = `chmod u+rwx ${w.home.dir}`
    expect(await badIn(w, options)).toEqual({
      code: 1,
      bad: [
        `home: ${w.home.dir} cannot be used by you (EACCES) [] | ${hint}`,
        `secrets: ${w.secrets} cannot be looked at (EACCES) [] | ${hint}`,
      ],
    })
    chmodSync(w.home.dir, 0o700)
  })

  test('a secrets file that nobody may read', async (context) => {
    const { w, options } = await ordinary(context)
    chmodSync(w.secrets, 0)
    await expectBoth(
      w,
      options,
      /^secrets: \S+ cannot be read by you \(EACCES\) \[\] \| chmod u\+r /,
    )
  })

  test('a home of somebody else', async (context) => {
    const { w, options } = await ordinary(context)
    if (!isRoot) skipLoudly(context, 'a home of somebody else', 'not root')
    const other = join(w.dir, 'other')
    mkdirSync(other, { mode: 0o700 })
    const env = { HOME: other, SECRETREF_HOME: undefined }
    expect(await runAgent(w, ['true'], { ...options, env })).toMatchObject({ code: 125 })
    const { code, bad } = await badIn(w, { ...options, env })
    expect(code).toBe(1)
    expect(bad[0]).toMatch(/^home: \S+ cannot be looked at \(EACCES\) \[\] \| set HOME to your own/)
    writeFileSync(join(w.dir, 'secretref.json'), JSON.stringify(configOf(['a'])))
    chownSync(join(w.dir, 'secretref.json'), NOBODY, NOBODY)
    const found = await run(w, ['run', '--', 'true'], { ...options, env, cwd: w.dir })
    expect(found.code).toBe(125)
    expect(found.err).toMatch(/^secretref: the folder of SecretRef, \S+, belongs to somebody else /)
    expect(found.err).not.toContain('rm ')
    const init = await run(w, ['init', '--global'], { ...options, env })
    expect(init.err).toMatch(
      /^secretref: \S+ cannot be looked at: the system said EACCES \[USAGE\]/,
    )
  })
})

describe('where the home lies', { timeout: TIMEOUT_MS }, () => {
  test('a place that is no folder, or where none can be made', async (context) => {
    if (!isLinux) skipLoudly(context, 'a home in /proc', 'there is no /proc')
    const w = makeWorld({
      config: configOf(['stripe-api-key']),
      secrets: { 'stripe-api-key': 'fake' },
    })
    for (const [dir, expected] of [
      ['/etc/passwd', /^home: \/etc\/passwd is no folder \[\] \| set SECRETREF_HOME to a folder/],
      ['/proc/nope', /^home: \/proc\/nope cannot be made: \/proc is the kernel's/],
    ] as const) {
      const env = { SECRETREF_HOME: dir }
      expect(await runAgent(w, ['true'], { env })).toMatchObject({ code: 125 })
      const { code, bad } = await badIn(w, { env })
      expect(code).toBe(1)
      expect(bad[0]).toMatch(expected)
    }
  })

  for (const [what, arrange, expected] of [
    ['a full disk', 'cat /dev/zero >"$SECRETREF_HOME/filler"', /^home: less than 1 MiB is free/],
    ['a read-only disk', 'mount -o remount,ro "$SECRETREF_HOME"', /^home: \S+ lies on a read-only/],
  ] as const) {
    test(what, async (context) => {
      const script = `mount -t tmpfs -o size=4m,mode=700 none "$SECRETREF_HOME" && cp "$SECRETREF_HOME-kept"/* "$SECRETREF_HOME" && { ${arrange}; } 2>/dev/null; exec "$@"`
      const through = ['unshare', isRoot ? '-m' : '-Urm', '/bin/sh', '-c', script, 'sh']
      const w = makeWorld({ config: configOf(['a']), secrets: { a: 'fake' } })
      if (!canMount()) skipLoudly(context, what, 'no mount namespaces here')
      execFileSync('cp', ['-a', w.home.dir, `${w.home.dir}-kept`])
      expect(await runAgent(w, ['true'], { through })).toMatchObject({ code: 125 })
      const { code, bad } = await badIn(w, { through })
      expect(code).toBe(1)
      expect(bad).toEqual([expect.stringMatching(expected)])
      const status = ['gateway', 'status', '--secrets', '--config', w.config]
      expect(await run(w, status, { through })).toMatchObject({ code: 0, err: '' })
    })
  }
})

function canMount(): boolean {
  try {
    execFileSync('unshare', [isRoot ? '-m' : '-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

describe('what lies in it', { timeout: TIMEOUT_MS }, () => {
  test('a state.db that is no database', async (context) => {
    const { w, options } = await ordinary(context)
    writeFileSync(w.home.stateDb, 'x'.repeat(8192))
    for (const tail of ['-wal', '-shm']) rmSync(w.home.stateDb + tail, { force: true })
    const { code, bad } = await badIn(w, options)
    expect(code).toBe(1)
    expect(bad).toEqual([
      expect.stringMatching(/^home: \S+state\.db .*damaged.* \[STATE_UNAVAILABLE\] \| delete it/),
    ])
  })

  test('a record in the middle of the log that was changed', async () => {
    const w = makeWorld({ config: configOf(['a']), secrets: { a: 'fake' } })
    expect(await runAgent(w, ['true'])).toMatchObject({ code: 0 })
    const lines = readFileSync(w.home.auditLog, 'utf8').split('\n')
    expect(lines.length).toBeGreaterThan(4)
    lines[1] = (lines[1] ?? '').replace('"time":"2', '"time":"1')
    writeFileSync(w.home.auditLog, lines.join('\n'))
    const { code, bad } = await badIn(w, {})
    expect(code).toBe(1)
    expect(bad).toEqual([
      expect.stringMatching(/^audit log: record 2 .* \[AUDIT_TAMPERED\] \| .*log verify/),
    ])
    expect((await run(w, ['doctor'])).out).toContain('[AUDIT_TAMPERED]')
  })
})
