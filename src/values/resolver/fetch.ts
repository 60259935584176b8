/**
 * Asks the providers for everything on a sheet: in parallel, each provider in one batch, each ref along
 * its own chain. What comes back is held; only metadata is reported.
 */
import type { Code } from '../../errors.ts'
import type { Sheet, SheetItem } from '../../gateway/sheet.ts'
import type { Fetched, PassedStep } from '../../policy/fetched.ts'
import type { ChainStep } from '../../plan/types.ts'
import { refusal } from '../deliver/limits.ts'
import type { Failure, Outcome, Session } from '../providers/contract.ts'
import { PROVIDERS } from '../providers/registry.generated.ts'
import { wipe } from '../secret/bytes.ts'
import { Calls } from './calls.ts'
import { formJudge, type JudgeForm } from './form.ts'
import { describeValue, type Fingerprint } from './metadata.ts'
import { Sessions, type ProviderTypes } from './sessions.ts'

export interface Held {
  item: SheetItem
  report: Fetched
  /** There where the report says `value`. */
  value?: Buffer
}

/** One item on its way along its chain. */
interface Pending {
  /** Its place on the sheet. */
  index: number
  item: SheetItem
  step: ChainStep
  /** What may be asked after `step`. */
  rest: readonly ChainStep[]
  passed: readonly PassedStep[]
}

/** Where a provider's options state no `timeoutMs`. */
const DEFAULT_TIMEOUT_MS = 5000

/**
 * @param env the gateway's variables that providers may see; each provider gets its own names only
 * @param types without a prototype
 * @returns one entry for each item of the sheet, in its order; never throws for a provider's fault
 */
export async function fetchAll(
  sheet: Sheet,
  env: ReadonlyMap<string, Buffer>,
  fingerprint: Fingerprint,
  signal: AbortSignal,
  calls = new Calls(sheet.providers),
  types: ProviderTypes = PROVIDERS,
): Promise<Held[]> {
  const started = performance.now()
  const held: Held[] = []
  const judgeForm = await formJudge(sheet)
  const sessions = new Sessions({ sheet, env, signal, calls, types })

  const ask = async (pendings: readonly Pending[]): Promise<void> => {
    const groups = Map.groupBy(pendings, ({ step }) => step.provider)
    await Promise.all(
      Array.from(groups, async ([name, group]) => {
        const outcomes = await askProvider(sheet, name, group, sessions, signal)
        const next: Pending[] = []
        for (const [i, pending] of group.entries()) {
          const outcome = outcomes[i] ?? broken
          const [step, ...rest] = pending.rest
          if (step !== undefined && goesOn(pending.item, outcome)) {
            const passed = [...pending.passed, { provider: name, code: outcome.code }]
            next.push({ ...pending, step, rest, passed })
          } else {
            const ms = Math.round(performance.now() - started)
            held[pending.index] = settle(pending, outcome, ms, { fingerprint, judgeForm })
          }
        }
        if (next.length > 0) await ask(next)
      }),
    )
  }

  await ask(
    sheet.items.flatMap((item, index) => {
      const [step, ...rest] = item.chain
      if (step !== undefined) return { index, item, step, rest, passed: [] }
      const report: Fetched = { outcome: 'failure', ...nowhere }
      held[index] = { item, report }
      return []
    }),
  )
  await sessions.close()
  return held
}

/** The plan refuses such an item before; a sheet that has one is broken. */
const nowhere = {
  kind: 'malformed',
  code: 'REF_UNKNOWN',
  provider: 'none',
  ms: 0,
  passed: [],
} as const

function settle(
  { item, step, passed }: Pending,
  outcome: Outcome,
  ms: number,
  { fingerprint, judgeForm }: { fingerprint: Fingerprint; judgeForm: JudgeForm },
): Held {
  const about = { provider: step.provider, ms, passed }
  if (outcome.kind !== 'value') {
    return { item, report: { outcome: 'failure', ...about, ...failureFields(outcome) } }
  }
  const { value, meta, lease } = outcome
  const described =
    refusal(item.envVar, value, item.delivery) ?? describeValue(value, meta, fingerprint)
  if ('fingerprint' in described) {
    const form = item.targets && judgeForm(value, item.targets)
    const fit = form === undefined ? {} : { form }
    // Its id is a secret, and lies sealed on disk by now.
    const leased = lease && { lease: { seconds: lease.seconds, renewable: lease.renewable } }
    const report: Fetched = { outcome: 'value', ...about, ...described, ...fit, ...leased }
    return { item, report, value }
  }
  wipe(value)
  const report: Fetched = { outcome: 'failure', kind: 'malformed', ...about, ...described }
  return { item, report }
}

/** A denial is final. Only an outage lets a chain go on, and absence where the config opts in to it. */
function goesOn(item: SheetItem, outcome: Outcome): outcome is Failure {
  if (outcome.kind === 'unavailable') return item.fallbackOn.includes('unavailable')
  return outcome.kind === 'absent' && item.fallbackOn.includes('not-found')
}

async function askProvider(
  sheet: Sheet,
  name: string,
  group: readonly Pending[],
  sessions: Sessions,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const locations = group.map(({ step }) => step.at)
  const timeoutMs = timeoutOf(sheet.providers[name]?.options ?? {})
  // The provider's own time for these, inside that of the whole start; whichever ends first.
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    const session = await sessions.of(name)
    if (session === undefined) {
      return failAll(group, { kind: 'malformed', code: 'PROVIDER_UNSUPPORTED' })
    }
    const answer = await raceWithSignal(session.get(locations), limited)
    if (answer === undefined) return failAll(group, timedOut)
    if (answer.length !== group.length) return failAll(group, broken)
    return await kept(sheet, name, answer, group, session)
  } catch {
    // Throwing is a bug in a provider; what it said may hold a value and is dropped here.
    return failAll(group, broken)
  }
}

/** What was issued lies sealed on disk from here on; a start without leases loads nothing for it. */
async function kept(
  sheet: Sheet,
  provider: string,
  answer: readonly Outcome[],
  group: readonly Pending[],
  session: Session,
): Promise<readonly Outcome[]> {
  const { leases } = sheet
  if (leases === undefined || !answer.some((one) => one.kind === 'value' && one.lease))
    return answer
  const { handOverLeases } = await import('../lease-keeper/hand-over.ts')
  const outcomes = [...answer]
  const items = group.map(({ index }) => index)
  await handOverLeases(leases, provider, outcomes, items, session)
  return outcomes
}

const timedOut: Failure = { kind: 'unavailable', code: 'TIMEOUT', reason: 'timeout' }
const broken: Failure = { kind: 'malformed', code: 'PROVIDER_INVALID', reason: 'bad-answer' }

function failAll(group: readonly Pending[], failure: Failure): Failure[] {
  return group.map(() => failure)
}

function timeoutOf(options: Readonly<Record<string, unknown>>): number {
  const stated = options['timeoutMs']
  return (typeof stated === 'number' ? stated : DEFAULT_TIMEOUT_MS) + KILL_MS
}
/** A provider that ends its own work at `timeoutMs` knows more about why than we do; let it speak. */
const KILL_MS = 250

/** A provider that honours the signal answers by itself; one that does not is waited for no longer. */
async function raceWithSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>()
  const stop = (): void => {
    setTimeout(aborted.resolve, ANSWER_MS, undefined).unref()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
const ANSWER_MS = 100

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
