/**
 * Durable appends to the audit log, beside the rate of the disk itself: the same writes and fdatasyncs in
 * the same folder in the same run. Goal: 256 concurrent writers at 20,000 records a second or more, p99
 * below 50 ms. Then what a checkpoint costs, and a million records verified: below 20 s, in flat memory.
 */
import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditLog } from '../src/audit/log.ts'
import { serialise } from '../src/audit/serialise.ts'
import { table } from '../src/cli/table.ts'
import { homeOf, type Home } from '../src/state/home.ts'
import { sample } from './audit-sample.ts'

const DISK_SYNCS = 500
const PROCESSES = 16
const RECORDS_PER_PROCESS = 100
const CHECKPOINTS = 50
const MILLION = 1_000_000
const BATCH = 5000

interface Measured {
  what: string
  perSecond: number
  /** Milliseconds of each append, from call to durable. */
  times: readonly number[]
}

/** @param parent where the log lies while it is measured; the system's folder for temporary files else */
export async function benchAudit(parent: string = tmpdir()): Promise<void> {
  const dir = mkdtempSync(join(parent, 'secretref-bench-'))
  try {
    const disk = diskAlone(join(dir, 'disk'))
    const rows = [disk]
    for (const [writers, each] of [
      [1, 500],
      [16, 300],
      [256, 200],
    ] as const) {
      rows.push(await oneProcess(join(dir, `writers-${writers}`), writers, each))
    }
    rows.push(await manyProcesses(join(dir, 'processes')))
    const cells = rows.map(({ what, perSecond, times }) => [
      what,
      Math.round(perSecond).toString(),
      percentile(times, 0.5).toFixed(2),
      percentile(times, 0.99).toFixed(2),
      `${(perSecond / disk.perSecond).toFixed(2)} ×`,
    ])
    process.stdout.write(table([['audit log', 'records/s', 'p50 ms', 'p99 ms', 'disk'], ...cells]))
    process.stdout.write('\n')
    await checkpoints(join(dir, 'checkpoints'))
    await verification(join(dir, 'million'))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function diskAlone(path: string): Measured {
  const line = `${serialise({ ...sample, v: 1, seq: 1, time: new Date(0).toISOString(), prev: '0'.repeat(64) })}\n`
  const fd = openSync(path, 'a', 0o600)
  const times: number[] = []
  const begin = performance.now()
  for (let i = 0; i < DISK_SYNCS; i++) {
    const start = performance.now()
    writeSync(fd, line)
    fdatasyncSync(fd)
    times.push(performance.now() - start)
  }
  closeSync(fd)
  return measured('the disk: write + fdatasync', begin, times)
}

async function oneProcess(dir: string, writers: number, each: number): Promise<Measured> {
  const log = openAuditLog(homeOf({ SECRETREF_HOME: dir }))
  await log.append([sample])
  const times: number[] = []
  const begin = performance.now()
  const write = async (): Promise<void> => {
    for (let i = 0; i < each; i++) {
      const start = performance.now()
      await log.append([sample])
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
  const result = measured(`${writers} async writers in one process`, begin, times)
  await log.close()
  return result
}

async function manyProcesses(dir: string): Promise<Measured> {
  const program = join(import.meta.dirname, 'audit-writer.ts')
  const children = Array.from({ length: PROCESSES }, () =>
    fork(program, [dir, String(RECORDS_PER_PROCESS)]),
  )
  await Promise.all(children.map((child) => once(child, 'message')))
  const ends = children.map((child) => once(child, 'exit'))
  const begin = performance.now()
  const times = await Promise.all(children.map(timesOf))
  const result = measured(`${PROCESSES} processes, one writer each`, begin, times.flat())
  await Promise.all(ends)
  return result
}

async function timesOf(child: ChildProcess): Promise<number[]> {
  const answer = once(child, 'message')
  child.send('go')
  const [times] = await answer
  return Array.isArray(times) ? times.map(Number) : []
}

/** A clean stop without anything to sign, and with; the first of a home also makes the key. */
async function checkpoints(dir: string): Promise<void> {
  const home = homeOf({ SECRETREF_HOME: dir })
  const [bare, signed]: [number[], number[]] = [[], []]
  for (let i = 0; i <= CHECKPOINTS; i++) {
    const log = openAuditLog(home)
    await log.append([sample])
    const begin = performance.now()
    await log.checkpoint()
    const between = performance.now()
    await log.settle()
    if (i === 0) continue
    signed.push(between - begin)
    bare.push(performance.now() - between)
  }
  const cells = [
    ['a checkpoint: check, sign, write, sync', percentile(signed, 0.5), percentile(signed, 0.99)],
    ['a stop with nothing to sign', percentile(bare, 0.5), percentile(bare, 0.99)],
  ].map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell)))
  process.stdout.write(`${table([['checkpoints', 'p50 ms', 'p99 ms'], ...cells])}\n`)
}

/** In a process of its own, whose memory is that of the verification alone. */
async function verification(dir: string): Promise<void> {
  const rows = []
  for (const records of [MILLION / 10, MILLION]) {
    const home = homeOf({ SECRETREF_HOME: `${dir}-${records}` })
    await filled(home, records)
    const program = join(import.meta.dirname, 'audit-verify.ts')
    const { stdout } = spawnSync(process.execPath, [program, home.dir], { encoding: 'utf8' })
    rows.push([`${records} records`, ...stdout.trim().split(' ')])
    rmSync(home.dir, { recursive: true })
  }
  process.stdout.write(table([['log verify', 'seconds', 'records/s', 'peak MiB'], ...rows]))
}

/** As the log writes them, segments and checkpoints included, with as few syncs as it allows. */
async function filled(home: Home, records: number): Promise<void> {
  const log = openAuditLog(home)
  const batch = Array.from({ length: BATCH }, () => sample)
  for (let i = 0; i < records; i += BATCH) await log.append(batch)
  await log.close()
}

function measured(what: string, begin: number, times: readonly number[]): Measured {
  return { what, perSecond: (times.length * 1000) / (performance.now() - begin), times }
}

function percentile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
}
