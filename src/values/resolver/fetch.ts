/**
 * Asks the providers for everything on a sheet: in parallel, each provider in one batch, each ref along
 * its own chain. What comes back is held; only metadata is reported.
 */
import type { Code } from '../../errors.ts'
import type { Fetched, PassedStep, Sheet, SheetItem } from '../../gateway/sheet.ts'
import type { ChainStep } from '../../plan/types.ts'
import { refusal } from '../deliver/limits.ts'
import type { Context, Failure, Outcome, Provider, Session } from '../providers/contract.ts'
import { PROVIDERS } from '../providers/registry.generated.ts'
import { wipe } from '../secret/bytes.ts'
import { describeValue, type Fingerprint } from './metadata.ts'

export interface Held {
  item: SheetItem
  report: Fetched
  /** There where the report says `value`. */
  value?: Buffer
}

interface Pending {
  index: number
  step: number
  passed: PassedStep[]
}

/** Where a provider's options state no `timeoutMs`. */
export const DEFAULT_TIMEOUT_MS = 5000

/**
 * @param env the gateway's variables that providers may see; each provider gets its own names only
 * @returns one entry for each item of the sheet, in its order; never throws for a provider's fault
 */
export async function fetchAll(
  sheet: Sheet,
  env: ReadonlyMap<string, Buffer>,
  fingerprint: Fingerprint,
  signal: AbortSignal,
): Promise<Held[]> {
  const started = performance.now()
  const held: Held[] = []
  const settle = (pending: Pending, step: ChainStep, outcome: Outcome): void => {
    const item = sheet.items[pending.index] as SheetItem
    const ms = Math.round(performance.now() - started)
    const about = { provider: step.provider, ms, passed: pending.passed }
    if (outcome.kind === 'value') {
      const wrong = refusal(item.envVar, outcome.value, item.delivery)
      const described = wrong ?? describeValue(outcome.value, outcome.meta, fingerprint)
      if ('fingerprint' in described) {
        const report: Fetched = { outcome: 'value', ...about, ...described }
        held[pending.index] = { item, report, value: outcome.value }
        return
      }
      wipe(outcome.value)
      held[pending.index] = {
        item,
        report: { outcome: 'failure', kind: 'malformed', ...about, ...described },
      }
      return
    }
    held[pending.index] = {
      item,
      report: { outcome: 'failure', ...about, ...failureFields(outcome) },
    }
  }

  const ask = async (pendings: readonly Pending[]): Promise<void> => {
    const groups = Map.groupBy(pendings, (p) => stepOf(sheet, p).provider)
    await Promise.all(
      Array.from(groups, async ([name, group]) => {
        const outcomes = await askProvider(sheet, name, group, env, signal)
        const next: Pending[] = []
        for (const [i, pending] of group.entries()) {
          const outcome = outcomes[i] as Outcome
          const item = sheet.items[pending.index] as SheetItem
          if (outcome.kind !== 'value' && goesOn(item, pending.step, outcome)) {
            const passed = [...pending.passed, { provider: name, code: outcome.code }]
            next.push({ index: pending.index, step: pending.step + 1, passed })
          } else {
            settle(pending, stepOf(sheet, pending), outcome)
          }
        }
        if (next.length > 0) await ask(next)
      }),
    )
  }

  await ask(sheet.items.map((_, index) => ({ index, step: 0, passed: [] })))
  return held
}

function stepOf(sheet: Sheet, pending: Pending): ChainStep {
  return (sheet.items[pending.index] as SheetItem).chain[pending.step] as ChainStep
}

/** A denial is final. Only an outage lets a chain go on, and absence where the config opts in to it. */
function goesOn(item: SheetItem, step: number, failure: Failure): boolean {
  if (step + 1 >= item.chain.length) return false
  if (failure.kind === 'unavailable') return item.fallbackOn.includes('unavailable')
  return failure.kind === 'absent' && item.fallbackOn.includes('not-found')
}

async function askProvider(
  sheet: Sheet,
  name: string,
  group: readonly Pending[],
  env: ReadonlyMap<string, Buffer>,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const configured = sheet.providers[name]
  const load = configured === undefined ? undefined : PROVIDERS[configured.type]
  if (configured === undefined || load === undefined) {
    return failAll(group, { kind: 'malformed', code: 'PROVIDER_UNSUPPORTED' })
  }
  const provider = await load()
  const locations = group.map((pending) => stepOf(sheet, pending).at)
  const timeoutMs = timeoutOf(configured.options)
  // The provider's own time, inside that of the whole start; whichever ends first.
  const timer = AbortSignal.timeout(timeoutMs)
  const limited = AbortSignal.any([signal, timer])
  let session: Session | undefined
  try {
    const seen = visible(provider, configured.options, sheet, name, env)
    session = await provider.open(configured.options, contextOf(name, limited, seen))
    const answer = await raceWithSignal(session.get(locations), limited)
    if (answer === undefined) return failAll(group, timedOut)
    return answer.length === group.length ? answer : failAll(group, broken)
  } catch {
    // Throwing is a bug in a provider; what it said may hold a value and is dropped here.
    return failAll(group, broken)
  } finally {
    await session?.close().catch(ignoreClosed)
  }
}

const timedOut: Failure = { kind: 'unavailable', code: 'TIMEOUT', reason: 'timeout' }
const broken: Failure = { kind: 'malformed', code: 'PROVIDER_INVALID', reason: 'bad-answer' }

function failAll(group: readonly Pending[], failure: Failure): Failure[] {
  return group.map(() => failure)
}

function timeoutOf(options: Readonly<Record<string, unknown>>): number {
  const stated = options['timeoutMs']
  return typeof stated === 'number' ? stated + KILL_MS : DEFAULT_TIMEOUT_MS
}
/** A provider that ends its own work at `timeoutMs` knows more about why than we do; let it speak. */
const KILL_MS = 250

function contextOf(name: string, signal: AbortSignal, env: ReadonlyMap<string, Buffer>): Context {
  // One start spends no budget yet: nothing is retried inside it.
  return { name, signal, now: () => new Date(), spend: () => true, env }
}

/** What this provider may see of the gateway's variables, for every location any chain has in it. */
function visible(
  provider: Provider,
  options: Readonly<Record<string, unknown>>,
  sheet: Sheet,
  name: string,
  env: ReadonlyMap<string, Buffer>,
): Map<string, Buffer> {
  const locations = sheet.items.flatMap((item) =>
    item.chain.filter((step) => step.provider === name).map((step) => step.at),
  )
  const seen = new Map<string, Buffer>()
  for (const variable of provider.spec.env(options, locations)) {
    const value = env.get(variable)
    if (value !== undefined) seen.set(variable, value)
  }
  return seen
}

async function raceWithSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined
  let stop = (): void => {}
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    // A provider that honours the signal answers with its own outcome in the same turn or a few later.
    return await Promise.race([work, aborted.then(() => graceFor(work))])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function graceFor<T>(work: Promise<T>): Promise<T | undefined> {
  return Promise.race([
    work,
    new Promise<undefined>((resolve) => {
      setTimeout(resolve, 100, undefined).unref()
    }),
  ])
}

function ignoreClosed(): void {
  // Every outcome is in; a session that cannot close cleanly dies with this process.
}

function failureFields(failure: Failure): {
  kind: Failure['kind']
  code: Code
  reason?: string
  place?: string
} {
  return {
    kind: failure.kind,
    code: failure.code,
    ...(failure.reason === undefined ? {} : { reason: failure.reason }),
    ...(failure.place === undefined ? {} : { place: failure.place }),
  }
}
