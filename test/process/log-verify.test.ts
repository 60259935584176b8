/** `log verify` beside a writer, and what is piped into it. */
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { logCheckpoint, logKey } from '../../src/cli/log-checkpoint.ts'
import { logProve } from '../../src/cli/log-prove.ts'
import { logVerify } from '../../src/cli/log-verify.ts'
import { segmentsOf } from '../../src/audit/segments.ts'
import { writeLog } from '../audit/home.ts'
import { place, said, signedLog, write } from '../audit/signed-log.ts'
import { recorded } from '../cli/recorded.ts'
import { skipLoudly } from '../values/loud.ts'
import { namespace } from './namespace.ts'
import { CLI } from './support.ts'
import { hasTerminal, onTerminal } from './terminal.ts'

const WRITER = join(import.meta.dirname, 'audit-writer.ts')

test('never accuses a log that is being written, signed and continued meanwhile', async () => {
  const io = recorded()
  mkdirSync(io.home.dir, { recursive: true, mode: 0o700 })
  const settings = { segment: { bytes: 4096 }, checkpoint: { records: 10 } }
  write(io.home.auditSettings, JSON.stringify(settings))
  await writeLog(io.home, 1)
  const child = spawn(process.execPath, [WRITER, 'w', '2', '300'], {
    env: { SECRETREF_HOME: io.home.dir },
    stdio: 'ignore',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let looks = 0
  const seen = new Set<string>()
  while (child.exitCode === null) {
    io.stdout = ''
    expect(await logVerify(io, { json: true }), io.stderr).toBe(0)
    const { notes } = JSON.parse(io.stdout)
    for (const { kind } of notes) seen.add(kind)
    looks += 1
    await setTimeout(1)
  }
  seen.delete('torn')
  seen.delete('not-signed-yet')
  expect([...seen]).toEqual([])
  expect(looks).toBeGreaterThan(5)
  expect(segmentsOf(io.home).length).toBeGreaterThan(10)
  expect(await logVerify(io, { strict: true })).toBe(0)
})

test('takes a checkpoint, and a proof, from stdin', async () => {
  const io = recorded()
  await writeLog(io.home, 9)
  const printed = async (work: () => Promise<number>): Promise<string> => {
    io.stdout = ''
    await work()
    return io.stdout
  }
  const piped = (input: string, ...args: string[]): { status: number | null; stdout: string } =>
    spawnSync(process.execPath, [CLI, 'log', ...args], {
      input,
      encoding: 'utf8',
      env: { SECRETREF_HOME: io.home.dir, HOME: io.home.dir },
    })
  const checkpoint = await printed(() => logCheckpoint(io))
  expect(piped(checkpoint, 'verify', '--against', '-')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('agrees with stdin: up to record 10\n'),
  })
  const proof = await printed(() => logProve(io, 4))
  const key = (await printed(() => logKey(io))).trim()
  expect(piped(proof, 'verify-proof', '-', '--key', key)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^ok: record 4 is in the log/),
  })
  expect(piped(proof.replace('index 3', 'index 4'), 'verify-proof', '-')).toMatchObject({
    status: 1,
    stdout: '',
  })
})

test('reads the lock file of a copy that nobody may write to, made while a writer had it open', async (context) => {
  const wrapper = namespace(context, 'a lock file on a read-only file system')
  const [io, copy] = [recorded(), recorded()]
  await writeLog(io.home, 3)
  place(signedLog({ records: 1 }), copy.home)
  const db = new DatabaseSync(io.home.auditLock)
  db.exec('PRAGMA journal_mode = WAL; UPDATE head SET seq = seq')
  for (const name of ['auditLog', 'checkpoint', 'checkpoints', 'checkpointKey'] as const) {
    copyFileSync(io.home[name], copy.home[name])
  }
  for (const ending of ['', '-wal']) {
    copyFileSync(io.home.auditLock + ending, copy.home.auditLock + ending)
  }
  db.close()
  const [program = '', ...args] = wrapper
  const script = `mount --bind "$SECRETREF_HOME" "$SECRETREF_HOME" &&
    mount -o remount,ro,bind "$SECRETREF_HOME" && exec "$0" "$@"`
  const { stdout, stderr } = spawnSync(
    program,
    [...args, 'sh', '-c', script, process.execPath, CLI, 'log', 'verify', '--strict'],
    { encoding: 'utf8', env: { ...process.env, SECRETREF_HOME: copy.home.dir } },
  )
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^ok: 4 records, .*\nlast: .*\nacknowledged: up to record 4\n/)
})

test('says on a terminal how far a long log was read, and takes that away again', (context) => {
  if (!hasTerminal) skipLoudly(context, 'progress on a terminal', 'needs Python for a terminal')
  const io = recorded()
  place(signedLog({ records: 20_001, say: (seq) => said(seq) }), io.home, [20_001])
  const [program = '', ...args] = onTerminal
  const { stdout } = spawnSync(program, [...args, process.execPath, CLI, 'log', 'verify'], {
    encoding: 'utf8',
    env: { SECRETREF_HOME: io.home.dir, HOME: io.home.dir, TERM: 'xterm' },
  })
  expect(stdout).toContain('\r\u001b[Kverifying: record 20000\r\u001b[K')
  expect(stdout).toContain('20001 records, the chain is whole')
})
