/** What one start, or one question, may ask of a provider that has a call budget, and what it did ask. */
import type { DatabaseSync } from 'node:sqlite'
import type { ProviderConfig } from '../config/types.ts'
import { settleCalls, takeCalls, type Allotment } from '../state/budgets.ts'
import { openDatabase } from '../state/db.ts'
import type { Home } from '../state/home.ts'
import type { Sheet, SheetItem } from './sheet.ts'

/** Provider types with the option `callsPerMinute`, and its default; a test holds them to their schemas. */
export const CALLS_PER_MINUTE: Readonly<Record<string, number>> = {
  vault: 600,
  'aws-secrets-manager': 600,
  'aws-ssm': 600,
}
/** A question is asked again at most twice. */
const ATTEMPTS = 3
/** For one question with all of its pages and repeats; what it does not need is given back. */
const MOST = 30
/** Beside the reads: a secret id unwrapped, a login, the token looked up, a lease given back. */
const AROUND = 4

/** @returns `undefined` where this provider may be asked as often as one likes */
export function budgetOf({ type, options }: ProviderConfig): number | undefined {
  const standard = Object.hasOwn(CALLS_PER_MINUTE, type) ? CALLS_PER_MINUTE[type] : undefined
  if (standard === undefined) return undefined
  const stated = options['callsPerMinute']
  return typeof stated === 'number' ? stated : standard
}

/** Whose calls are counted. A gateway is one. */
export interface Counted {
  db: DatabaseSync
  loaded: { path: string }
  now(): Date
}

/**
 * What one piece of work that nobody waits for may take: of each provider, with all its sheets, half of
 * what was left of the minute when it first asked. Agents that start meanwhile have the rest.
 */
export class Half {
  readonly #left = new Map<string, number>()

  /** @param left of this minute @returns calls that it may take of them */
  of(provider: string, most: number, left: number): number {
    const mine = this.#left.get(provider) ?? Math.floor(left / 2)
    const calls = Math.min(most, mine)
    this.#left.set(provider, mine - calls)
    return calls
  }
}

/**
 * Takes what these items may need of each budget. `state.db` is opened only where there is one.
 *
 * @param half left out: as much as there is
 * @returns by provider; nothing for one without a budget
 * @throws STATE_UNAVAILABLE: calls that cannot be counted are not made
 */
export function allot(
  gateway: Counted,
  items: readonly SheetItem[],
  table: ReadonlyMap<string, ProviderConfig>,
  half?: Half,
): Map<string, Allotment> {
  const places = new Map<string, Set<string>>()
  for (const { provider, at } of items.flatMap(({ chain }) => chain)) {
    const known = places.get(provider) ?? new Set()
    places.set(provider, known.add(JSON.stringify([at.path, at.version])))
  }
  const allotted = new Map<string, Allotment>()
  for (const [provider, { size }] of places) {
    const configured = table.get(provider)
    const perMinute = configured === undefined ? undefined : budgetOf(configured)
    if (perMinute === undefined) continue
    const key = { config: gateway.loaded.path, provider }
    const needs = ATTEMPTS * (size + AROUND)
    const most =
      half === undefined ? needs : (left: number): number => half.of(provider, needs, left)
    allotted.set(provider, takeCalls(gateway.db, key, { most, perMinute, now: gateway.now() }))
  }
  return allotted
}

/**
 * Gives back what was not needed.
 *
 * @param spent by provider, as the resolver reported it; one that is not named keeps all it had taken
 * @throws STATE_UNAVAILABLE
 */
export function settle(
  gateway: Counted,
  { providers }: Sheet,
  spent: ReadonlyMap<string, number>,
): void {
  for (const [provider, { calls, at }] of Object.entries(providers).flatMap(([name, entry]) =>
    entry.budget === undefined ? [] : [[name, entry.budget] as const],
  )) {
    const used = spent.get(provider)
    if (used === undefined) continue
    const key = { config: gateway.loaded.path, provider }
    settleCalls(gateway.db, key, { calls, at }, used, gateway.now())
  }
}

/**
 * For a question or two of which nobody tells how often it was asked: all of it counts for a minute.
 *
 * @returns `undefined` where this provider may be asked as often as one likes
 * @throws STATE_UNAVAILABLE
 */
export function takeUnsettled(
  gateway: Counted,
  provider: string,
  configured: ProviderConfig,
): number | undefined {
  const perMinute = budgetOf(configured)
  if (perMinute === undefined) return undefined
  const key = { config: gateway.loaded.path, provider }
  const most = ATTEMPTS * (1 + AROUND)
  return takeCalls(gateway.db, key, { most, perMinute, now: gateway.now() }).calls
}

export interface OneProvider {
  home: Home
  /** Absolute path of the config; left out: nobody's, and nothing is counted. */
  config: string | undefined
  provider: string
  configured: ProviderConfig
  /** Calls that it may need; left out: 30. */
  most?: number
  now: () => Date
}

/**
 * Counts one question that is no start: a write, a look at versions, a list.
 *
 * @param ask gets the calls that are left for it
 * @param spentOf how many it made; where nobody knows, all of them count
 * @throws STATE_UNAVAILABLE: calls that cannot be counted are not made
 */
export async function counting<T>(
  { home, config, provider, configured, most = MOST, now }: OneProvider,
  ask: (calls?: number) => Promise<T>,
  spentOf: (answer: T) => number | undefined,
): Promise<T> {
  const perMinute = budgetOf(configured)
  if (perMinute === undefined || config === undefined) return ask()
  const key = { config, provider }
  const db = openDatabase(home)
  try {
    const allotment = takeCalls(db, key, { most, perMinute, now: now() })
    const answer = await ask(allotment.calls)
    const spent = spentOf(answer)
    if (spent !== undefined) settleCalls(db, key, allotment, spent, now())
    return answer
  } finally {
    db.close()
  }
}
