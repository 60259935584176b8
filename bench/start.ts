/**
 * What a start costs: `secretref run -- true` against an empty Node, whole processes in turn, medians.
 * Goal: at most 2.5 times an empty Node; 3 is acceptable. The floor is a Node that starts an empty Node
 * and waits for it, as the gateway waits for its resolver.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { table } from '../src/cli/table.ts'

const ROUNDS = 40
const NODE = process.execPath
const CLI = resolve('dist/secretref.cjs')

export function benchStart(): void {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-bench-'))
  try {
    const config = join(dir, 'config.json')
    const secrets = join(dir, 'secrets.json')
    writeFileSync(config, JSON.stringify(oneAgent(secrets)))
    chmodSync(config, 0o600)
    writeFileSync(secrets, '{"bench-key":"fake-value-of-the-bench"}', { mode: 0o600 })
    const nodeInNode = `require('node:child_process').spawnSync(process.execPath, ['-e', '0'])`
    const commands: [string, string[]][] = [
      ['node -e 0', ['-e', '0']],
      ['node that starts node -e 0', ['-e', nodeInNode]],
      ['secretref run -- true', [CLI, 'run', '--config', config, '--', 'true']],
    ]
    const env = { PATH: process.env['PATH'], HOME: dir, SECRETREF_HOME: join(dir, 'home') }
    const times = commands.map((): number[] => [])
    for (let round = -2; round < ROUNDS; round++) {
      for (const [i, [what, args]] of commands.entries()) {
        const start = performance.now()
        const { status } = spawnSync(NODE, args, { env, stdio: 'ignore' })
        if (status !== 0) throw new Error(`${what} ended with ${status}`)
        if (round >= 0) times[i]?.push(performance.now() - start)
      }
    }
    const floor = median(times[0] ?? [])
    const rows = commands.map(([what], i) => {
      const mine = times[i] ?? []
      const ratio = median(mine) / floor
      return [what, median(mine).toFixed(1), Math.min(...mine).toFixed(1), `${ratio.toFixed(2)} ×`]
    })
    process.stdout.write(table([['start', 'median ms', 'least ms', 'node -e 0'], ...rows]))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function oneAgent(secrets: string): unknown {
  const credentials = { key: { secretRef: 'bench-key', envVar: 'BENCH_KEY' } }
  return {
    secrets: { providers: { file: { path: secrets } } },
    agents: { bench: { 'tool-bindings': { bench: { required: true, credentials } } } },
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
