/** Writes the sheet of one start: references, where they lie, and how each is to be delivered. */
import { existsSync } from 'node:fs'
import { providersOf } from '../config/accessors.ts'
import type { ProviderConfig } from '../config/types.ts'
import { allot, type Half } from './budget.ts'
import { DEFAULT_ENVIRONMENT } from '../plan/environment.ts'
import type { Plan, PlannedBinding } from '../plan/types.ts'
import type { Gateway } from './gateway.ts'
import { leasePlace } from './lease/place.ts'
import { resolveOptions } from './options.ts'
import type { Sheet, SheetItem, StalePlace } from './sheet.ts'
import { HAS_PROC } from './surroundings.ts'
import { millisecondsOf } from '../config/names.ts'

export interface SheetRequest {
  run: string
  plan: Plan
  /** Empty where nothing is started and the values are only looked at. */
  command: readonly string[]
  inherit: readonly string[]
  /** Of work that nobody waits for: what it may take of a provider's budget. */
  half?: Half
}

/** @param folder the run's private folder; `undefined` where nothing is delivered at all */
export function makeSheet(
  gateway: Gateway,
  request: SheetRequest,
  asked: readonly PlannedBinding[],
  folder: string | undefined,
): Sheet {
  const { surroundings } = gateway
  const items = asked.map((binding, i): SheetItem => ({
    ref: binding.ref,
    envVar: binding.envVar,
    delivery: folder === undefined ? 'none' : binding.delivery,
    pathInEnvVar: binding.pathInEnvVar,
    chain: binding.chain,
    fallbackOn: binding.fallbackOn,
    ...maxStaleOf(binding, providersOf(gateway.loaded.config)),
    // A number and the variable: no two files of a run share a name.
    ...(binding.delivery === 'file' ? { file: `${folder}/${i}-${binding.envVar}` } : {}),
  }))
  return {
    type: 'sheet',
    v: 1,
    run: request.run,
    ...(HAS_PROC ? { gatewayPid: process.pid } : {}),
    fingerprintKey: gateway.home.fingerprintKey,
    ...providersFor(gateway, items, request.half),
    items,
    leases: leasePlace(gateway, request.run),
    ...(items.some(({ maxStale }) => maxStale !== undefined) || existsSync(gateway.home.stale)
      ? { stale: stalePlace(gateway, request) }
      : {}),
    argumentBytes: request.command.reduce((sum, word) => sum + Buffer.byteLength(word) + 9, 0),
    inherit: request.inherit,
    set: ours(gateway, request),
    ignoreSignals: surroundings.ignored,
    ...(surroundings.openFiles === undefined ? {} : { openFiles: surroundings.openFiles }),
  }
}

/**
 * Variables of ours, by which an inner `secretref run` finds the same home, config and environment; as
 * absolute paths, since the agent may have a working folder of its own. A config that was merely found
 * is not named: inside the agent it would count as trusted without its hash.
 */
function ours(gateway: Gateway, { run, plan }: SheetRequest): Record<string, string> {
  const { env, home, loaded } = gateway
  return {
    SECRETREF_RUN: run,
    ...(env['SECRETREF_HOME'] ? { SECRETREF_HOME: home.dir } : {}),
    ...(env['SECRETREF_CONFIG'] && !loaded.found ? { SECRETREF_CONFIG: loaded.path } : {}),
    ...(plan.environment === DEFAULT_ENVIRONMENT
      ? {}
      : { SECRETREF_ENVIRONMENT: plan.environment }),
  }
}

const DEFAULT_TIMEOUT_MS = 5000
/** For a provider whose own time is over to say so: it knows more about why than a deadline does. */
const LAST_WORD_MS = 250

/** The providers that these items name, and the time that the longest of their chains may take. */
function providersFor(
  gateway: Gateway,
  items: readonly SheetItem[],
  half: Half | undefined,
): Pick<Sheet, 'providers' | 'deadlineMs'> {
  const table = providersOf(gateway.loaded.config)
  // Without a prototype: a provider may be called `toString`.
  const providers: Record<string, Sheet['providers'][string]> = Object.create(null)
  const allotted = allot(gateway, items, table, half)
  let deadlineMs = DEFAULT_TIMEOUT_MS
  for (const { chain } of items) {
    let needs = 0
    for (const { provider } of chain) {
      const configured = table.get(provider)
      if (configured === undefined) continue
      const budget = allotted.get(provider)
      providers[provider] ??= {
        type: configured.type,
        options: resolveOptions(configured, gateway.loaded.dir, gateway.home, gateway.env),
        ...(budget === undefined ? {} : { budget }),
      }
      const stated = configured.options['timeoutMs']
      needs += (typeof stated === 'number' ? stated : DEFAULT_TIMEOUT_MS) + LAST_WORD_MS
    }
    deadlineMs = Math.max(deadlineMs, needs)
  }
  return { providers, deadlineMs }
}

function stalePlace({ home, loaded }: Gateway, { plan }: SheetRequest): StalePlace {
  const { environment } = plan
  return { dir: home.stale, identity: home.store.identity, config: loaded.path, environment }
}

/** What the ref's entry says, else each provider's own. */
function maxStaleOf(
  { chain, maxStale }: PlannedBinding,
  table: ReadonlyMap<string, ProviderConfig>,
): Pick<SheetItem, 'maxStale'> {
  const most: Record<string, number> = Object.create(null)
  for (const { provider } of chain) {
    const stated = maxStale ?? maxStaleIn(table.get(provider)?.options['resilience'])
    if (stated !== undefined) most[provider] = millisecondsOf(stated)
  }
  return Object.keys(most).length === 0 ? {} : { maxStale: most }
}

/** The config's grammar has checked it. */
function maxStaleIn(resilience: unknown): string | undefined {
  if (typeof resilience !== 'object' || resilience === null) return undefined
  return 'maxStale' in resilience ? String(resilience.maxStale) : undefined
}
