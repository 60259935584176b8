/** `log verify` beside a writer, and what is piped into it. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { logCheckpoint, logKey } from '../../src/cli/log-checkpoint.ts'
import { logProve } from '../../src/cli/log-prove.ts'
import { logVerify } from '../../src/cli/log-verify.ts'
import { segmentsOf } from '../../src/audit/segments.ts'
import { writeLog } from '../audit/home.ts'
import { write } from '../audit/signed-log.ts'
import { recorded } from '../cli/recorded.ts'
import { CLI } from './support.ts'

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
