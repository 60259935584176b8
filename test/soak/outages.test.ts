/**
 * Twenty agents that start and end at random, a Vault that is there and is not, a config that is edited:
 * nothing crashes, leaks, hammers, or ends without a word.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { fakeVault } from '../fakes/vault.ts'
import { expectNoLeak } from '../process/leaks.ts'
import {
  descendantsOf,
  recordsOf,
  run,
  start,
  until,
  type Ended,
  type World,
} from '../process/support.ts'
import { openbao, ROOT_TOKEN, startOpenbao } from '../servers/openbao.ts'
import { AGENTS, fleetBehind, placeOf, Watch, type Fleet } from './fleet.ts'
import { gateBefore, WEATHERS, type Gate } from './gate.ts'
import { soak, type Random, type Soak } from './soak.ts'

/** Of which an outage with 20 agents that try again takes more than there are. */
const CALLS_PER_MINUTE = 100
/** A minute, less what a request may take from us to there. */
const WINDOW_MS = 59_000

soak('outages', async ({ ms, random, figure }) => {
  const fleet = await behindVault(random, figure)
  const { gate, world } = fleet
  const gateway = start(world, ['gateway', 'run', '--config', world.config], {
    through: ['setsid'],
    timeoutMs: ms + 120_000,
  })
  const watch = new Watch(gateway.pid)
  onTestFinished(() => watch.stop())
  const over = new AbortController()
  const end = setTimeout(() => over.abort(), ms)
  onTestFinished(() => clearTimeout(end))
  const printed: Ended[] = []
  const counts = { edits: 0, reloads: 0, killed: 0, runs: 0, started: 0, refused: new Map() }
  await Promise.all([
    weather(gate, random.fork(), over.signal),
    edits(fleet, random.fork(), over.signal, { counts, printed, gateway: gateway.pid }),
    deaths(gateway.pid, random.fork(), over.signal, counts),
    runs(world, random.fork(), over.signal, { counts, printed }),
  ])

  expect(gateway.child.exitCode ?? gateway.child.signalCode, gateway.soFar().err).toBeNull()
  // Whoever could not be started for an outage has its chance before the end.
  gate.weather = 'up'
  await sleep(10_000)
  watch.stop()
  process.kill(gateway.pid, 'SIGTERM')
  const ended = await gateway.ended
  printed.push(ended)
  expect([ended.code, ended.signal]).toEqual([null, 'SIGTERM'])
  expect(ended.err).not.toMatch(/INTERNAL|defect|^ {4}at /m)

  const warm = watch.most(Math.min(ms / 3, 60_000))
  const last = watch.last()
  figure('gateway memory, warm and at the end', `${mib(warm.rss)}, ${mib(last.rss)}`)
  figure('gateway descriptors, most', watch.most(Infinity).fds)
  figure('  of them its own, warm and at the end', `${warm.own}, ${last.own}`)
  expect(last.rss).toBeLessThan(warm.rss * 1.5)
  // What every reload or start would leave open is more than this after a minute.
  expect(last.own).toBeLessThanOrEqual(warm.own + 4)

  figure('processes seen, and still there', `${watch.seen}, ${watch.remaining().length}`)
  await until('no process is left', () => watch.remaining().length === 0).catch(() => {})
  expect(watch.remaining()).toEqual([])

  const { asked, ended: answered, endings } = startsIn(recordsOf(world))
  figure(
    'starts',
    [...asked.values()].reduce((sum, count) => sum + count, 0),
  )
  for (const [ending, count] of endings) figure(`  ${ending}`, count)
  figure('edits, reloads asked for', `${counts.edits}, ${counts.reloads}`)
  figure(
    'agents killed; single runs, and started of them',
    `${counts.killed}; ${counts.runs}, ${counts.started}`,
  )
  figure('  those refused', [...counts.refused].map(([code, n]) => `${code} ${n}`).join(', '))
  expect(Object.fromEntries(answered)).toEqual(Object.fromEntries(asked))
  expect([...endings.keys()].join()).not.toContain('without a code')
  expect(ended.out).not.toContain('wrong')
  expect(ended.out.match(/^right/gm)?.length ?? 0).toBeGreaterThanOrEqual(AGENTS)

  const most = mostWithin(gate.arrivals, WINDOW_MS)
  figure(
    'calls that arrived; most in a minute, of',
    `${gate.arrivals.length}; ${most}, ${CALLS_PER_MINUTE}`,
  )
  // In a minute of bad weather they are few.
  expect(gate.arrivals.length).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(CALLS_PER_MINUTE)

  const verified = await run(world, ['log', 'verify'])
  printed.push(verified)
  figure('log verify', verified.out.trim().split('\n')[0] ?? '')
  expect(verified.code, verified.err).toBe(0)
  for (const secret of fleet.secrets) expectNoLeak(world, secret, printed, fleet.sources)
  figure('values in what was printed and written', 'none')
})

/** @param figure is told which server plays the Vault */
async function behindVault(
  random: Random,
  figure: Soak['figure'],
): Promise<Fleet & { gate: Gate }> {
  const binary = openbao('a soak against a real Vault; a fake stands in')
  figure('Vault', binary === undefined ? 'a fake' : 'OpenBao')
  const gate = await gateBefore(random.fork())
  onTestFinished(() => gate.close())
  const fleet = fleetBehind(gate.url, CALLS_PER_MINUTE, random.fork())
  const fields = fleet.secrets.map(({ value }, i) => [placeOf(i).field, value] as const)
  if (binary === undefined) {
    gate.behind = (await fakeVault(Object.fromEntries(fields))).url
    return { ...fleet, gate }
  }
  const bao = await startOpenbao(binary)
  onTestFinished(() => bao.stop())
  for (const [i, [field, value]] of fields.entries()) {
    await bao.api('POST', `secret/data/${placeOf(i).path}`, { data: { [field]: value } })
  }
  fleet.world.env['VAULT_TOKEN'] = ROOT_TOKEN
  gate.behind = bao.address
  return { ...fleet, gate }
}

async function weather(gate: Gate, random: Random, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    gate.weather = random.weighted(WEATHERS)
    await pause(random.whole(1500, 8000), over)
  }
}

interface Kept {
  counts: {
    edits: number
    reloads: number
    runs: number
    started: number
    /** How often by code. */
    refused: Map<string, number>
  }
  printed: Ended[]
}

/** After an edit the config is taken because somebody asks, because of a HUP, or because it is watched. */
async function edits(
  { world, edit }: Fleet,
  random: Random,
  over: AbortSignal,
  { counts, printed, gateway }: Kept & { gateway: number },
): Promise<void> {
  while (!over.aborted) {
    await pause(random.whole(4000, 15_000), over)
    const good = edit(random)
    counts.edits += 1
    const how = random.weighted([
      ['asked', 2],
      ['HUP', 1],
      ['watched', 1],
    ] as const)
    if (how === 'HUP') process.kill(gateway, 'SIGHUP')
    if (how === 'watched') continue
    counts.reloads += 1
    if (how === 'HUP') continue
    const said = await run(world, ['gateway', 'reload', '--config', world.config])
    printed.push(said)
    expect(said.code, said.err).toBe(good ? 0 : 1)
  }
}

/** Agents that somebody else kills. */
async function deaths(
  gateway: number,
  random: Random,
  over: AbortSignal,
  counts: { killed: number },
): Promise<void> {
  while (!over.aborted) {
    await pause(random.whole(2000, 8000), over)
    const agents = descendantsOf(gateway).filter(({ argv }) =>
      argv.some((w) => w.startsWith('agent-')),
    )
    if (agents.length === 0) continue
    const { pid } = agents[random.whole(0, agents.length - 1)] ?? { pid: 0 }
    try {
      process.kill(pid, random.next() < 0.5 ? 'SIGKILL' : 'SIGTERM')
      counts.killed += 1
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}

/** Single runs beside the gateway, from the same home and budget, and looks at its status. */
async function runs(
  world: World,
  random: Random,
  over: AbortSignal,
  { counts, printed }: Kept,
): Promise<void> {
  const config = ['--config', world.config]
  while (!over.aborted) {
    await pause(random.whole(1000, 5000), over)
    const agent = `agent-${random.whole(0, AGENTS - 1)}`
    const status = random.next() < 0.3
    const ended = status
      ? await run(world, ['gateway', 'status', '--secrets', '--all', ...config])
      : await run(world, ['run', ...config, '--agent', agent, '--', 'true'])
    printed.push(ended)
    if (!status) counts.runs += 1
    if (ended.code === 0) counts.started += status ? 0 : 1
    else {
      // The config may be none at the moment, or not name the agent.
      expect(ended.code, ended.err).toBe(status ? 1 : 125)
      const code = /\[([A-Z_]+)\]/.exec(ended.err)?.[1] ?? ''
      expect(code, ended.err).toMatch(status ? /^CONFIG_/ : /./)
      add(counts.refused, code, 1)
    }
  }
}

/**
 * How the starts ended, each of which asks for one ref. What repeats within a minute is one record with a
 * `count`, so starts are added up for each agent.
 */
function startsIn(records: readonly AuditRecord[]): {
  asked: Map<string, number>
  ended: Map<string, number>
  endings: Map<string, number>
} {
  const asked = new Map<string, number>()
  const ended = new Map<string, number>()
  const endings = new Map<string, number>()
  const stale = new Set(
    records.filter(({ event }) => event === 'provider.stale').map(({ actor }) => actor.run),
  )
  for (const record of records) {
    const { event, agent = '', count = 1 } = record
    if (event === 'grant.intent') add(asked, agent, count)
    if (!ENDS.has(event)) continue
    add(ended, agent, count)
    add(endings, stale.has(record.actor.run) ? 'delivered, stale' : endingOf(record), count)
  }
  return { asked, ended, endings }
}

const ENDS: ReadonlySet<string> = new Set(['grant.delivered', 'grant.denied', 'grant.failed'])

function endingOf({ event, provider, code, reason }: AuditRecord): string {
  if (event === 'grant.delivered') return `delivered from ${provider}`
  if (reason === 'start-abandoned') return 'given up as the gateway was ended'
  return `${event} ${code ?? 'without a code'} ${reason}`
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}

/** The most of them that lie within `ms` of each other. */
function mostWithin(times: readonly number[], ms: number): number {
  let most = 0
  let first = 0
  for (const [i, time] of times.entries()) {
    while (time - (times[first] ?? 0) >= ms) first += 1
    most = Math.max(most, i - first + 1)
  }
  return most
}

function mib(kib: number): string {
  return `${Math.round(kib / 1024)} MiB`
}

async function pause(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => {})
}
