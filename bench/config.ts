/**
 * A fleet's config: 10,000 agents with 50,000 bindings, loaded, checked and planned for one agent, in a
 * process of its own. Goal: under one second and under 400 MB. The floor is `JSON.parse` of the file.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { table } from '../src/cli/table.ts'

const AGENTS = 10_000
const BINDINGS_EACH = 5
const ROUNDS = 5

interface Measured {
  ms: number
  peakMiB: number
}

export function benchConfig(): void {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-bench-'))
  try {
    const path = join(dir, 'config.json')
    writeFileSync(path, JSON.stringify(fleet(), undefined, 2), { mode: 0o600 })
    const rows = (['parse', 'load', 'plan'] as const).map(
      (step) => [step, best(step, path)] as const,
    )
    const floor = rows[0]?.[1].ms ?? Number.NaN
    const words = {
      parse: 'read and JSON.parse',
      load: 'load: read, check, judge',
      plan: 'load, plan one agent, what it inherits',
    }
    const mib = (statSync(path).size / 2 ** 20).toFixed(1)
    process.stdout.write(
      table([
        [`config, ${AGENTS} agents, ${mib} MiB`, 'ms', 'peak MiB', 'JSON.parse'],
        ...rows.map(([step, { ms, peakMiB }]) => [
          words[step],
          ms.toFixed(0),
          peakMiB.toFixed(0),
          `${(ms / floor).toFixed(1)} ×`,
        ]),
      ]),
    )
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function best(step: string, path: string): Measured {
  const all = Array.from({ length: ROUNDS }, () => {
    const { stdout, status } = spawnSync(
      process.execPath,
      [resolve('bench/config-step.ts'), step, path],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`the step ${step} failed`)
    const measured: Measured = JSON.parse(stdout)
    return measured
  })
  const middle = all.toSorted((a, b) => a.ms - b.ms)[Math.floor(ROUNDS / 2)]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}

function fleet(): unknown {
  const agents: Record<string, unknown> = {}
  const refMap: Record<string, unknown> = {}
  for (let a = 0; a < AGENTS; a++) {
    const bindings: Record<string, unknown> = {}
    for (let b = 0; b < BINDINGS_EACH; b++) {
      const ref = `team-${a % 100}-service-${b}-key`
      refMap[ref] = { provider: 'file', target: ref.replaceAll('-', '_') }
      bindings[`service-${b}`] = {
        required: true,
        credentials: { key: { secretRef: ref, envVar: `SERVICE_${b}_KEY` } },
      }
    }
    agents[`agent-${a}`] = { name: `Agent ${a}`, 'tool-bindings': bindings }
  }
  return { agents, openclaw: { gateway: { secrets: { refMap } } } }
}
