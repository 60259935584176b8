/**
 * `scan`: 100 MB of text in under 10 s on one core. The text is what packages are made of, with
 * credentials strewn in; the floor is `grep -F` for the beginnings that credentials have.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { table } from '../src/cli/table.ts'
import { searchRules } from '../src/targets/detect.ts'

const BYTES = 100_000_000
const LARGEST = 1_000_000
/** One in so many files holds a credential. */
const CREDENTIAL_EVERY = 100
const ROUNDS = 3

interface Measured {
  ms: number
  found: number
  files: number
  bytes: number
  uncompared: number
}

export function benchScan(): void {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-bench-'))
  try {
    const tree = join(dir, 'tree')
    const planted = plant(tree)
    const patterns = join(dir, 'patterns')
    writeFileSync(
      patterns,
      searchRules()
        .flatMap(({ prefixes }) => prefixes)
        .join('\n'),
    )
    // Once, so that all of them read from memory.
    grep(tree, patterns)
    const floor = middle(() => grep(tree, patterns))
    const rows = [0, 1000].map((known) => [known, search(dir, tree, known)] as const)
    const [{ files, bytes, found } = nothing] = rows.map(([, measured]) => measured)
    if (found < planted) throw new Error(`${planted} were planted and ${found} found`)
    process.stdout.write(
      table([
        [`scan, ${(bytes / 1e6).toFixed(0)} MB in ${files} files`, 'CPU s', 'MB/s', 'grep -F'],
        ['grep -F for the beginnings', (floor / 1000).toFixed(2), rate(bytes, floor), '1.0 ×'],
        ...rows.map(([known, { ms, uncompared }]) => [
          `scan, ${known} known values${uncompared > 0 ? `, ${uncompared} files not compared` : ''}`,
          (ms / 1000).toFixed(2),
          rate(bytes, ms),
          `${(ms / floor).toFixed(1)} ×`,
        ]),
      ]),
    )
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const nothing: Measured = { ms: 0, found: 0, files: 0, bytes: 0, uncompared: 0 }

function rate(bytes: number, ms: number): string {
  return (bytes / 1000 / ms).toFixed(0)
}

/** @returns how many credentials were put in */
function plant(tree: string): number {
  const modules = resolve('node_modules')
  const names = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:[cm]?[jt]s|json|md|map)$/.test(name),
  )
  let bytes = 0
  let n = 0
  let planted = 0
  for (let round = 0; bytes < BYTES; round++) {
    const folder = join(tree, String(round))
    mkdirSync(folder, { recursive: true })
    for (const name of names) {
      if (bytes >= BYTES) break
      const content = readOrNothing(join(modules, name))
      if (content.length === 0 || content.length > LARGEST) continue
      n += 1
      const isPlanted = n % CREDENTIAL_EVERY === 0
      const key = `\n${['sk', 'live', randomBytes(16).toString('hex')].join('_')}\n`
      writeFileSync(join(folder, String(n)), isPlanted ? content + key : content)
      planted += isPlanted ? 1 : 0
      bytes += content.length
    }
    if (n === 0) throw new Error('there is nothing to copy: npm ci')
  }
  return planted
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // A folder with such a name.
  }
}

/** Seconds of a processor: what one idle core would take, whatever else this machine does. */
function costing(words: readonly string[]): { ms: number; stdout: string } {
  const { stdout, stderr, status } = spawnSync(
    '/bin/sh',
    ['-c', '"$@"; times >&2', 'sh', ...words],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    },
  )
  if (status !== 0) throw new Error(`${words[0]} failed`)
  // The last line: user and system time of what the shell has waited for (POSIX, times).
  const parts = [
    ...stderr
      .trim()
      .split('\n')
      .slice(-1)
      .join()
      .matchAll(/(\d+)m([\d.]+)s/g),
  ]
  const seconds = parts.map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest))
  return { ms: seconds.reduce((sum, one) => sum + one, 0) * 1000, stdout }
}

function grep(tree: string, patterns: string): number {
  return costing(['grep', '-rcF', '-f', patterns, tree]).ms
}

function search(dir: string, tree: string, known: number): Measured {
  const step = resolve('bench/scan-step.ts')
  const all = Array.from({ length: ROUNDS }, () => {
    const words = [process.execPath, step, tree, join(dir, 'home'), String(known)]
    const { ms, stdout } = costing(words)
    const counted: Omit<Measured, 'ms'> = JSON.parse(stdout)
    return { ...counted, ms }
  })
  return all.toSorted((a, b) => a.ms - b.ms)[Math.floor(ROUNDS / 2)] ?? nothing
}

function middle(measure: () => number): number {
  const all = Array.from({ length: ROUNDS }, measure)
  return all.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN
}
