/**
 * Sends alerts to one channel, in the order of every release: policy decides, what is fetched is on record,
 * policy decides again, that a value may leave is on record, and then it leaves.
 */
import type { Delivery, Way } from '../../alerts/outbox.ts'
import { providersOf } from '../../config/accessors.ts'
import { SecretRefError, type Code } from '../../errors.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import { decide, decideAgain } from '../../policy/decide.ts'
import { recordGrants } from '../../state/grants.ts'
import { settle } from '../budget.ts'
import { handedOver } from '../early.ts'
import { newRunId, type Gateway } from '../gateway.ts'
import { grantOf } from '../grant-row.ts'
import { revokeIssued } from '../lease/run-leases.ts'
import { makeSheet } from '../make-sheet.ts'
import { Records } from '../records.ts'
import type { Result, Say } from '../result.ts'
import type { Sheet } from '../sheet.ts'
import { Sender } from './sender.ts'
import { messageOf } from './text.ts'
import { alertWay, type AlertWay, type NoAlertWay } from './way.ts'
import type { SendOrder, Sent } from './words.ts'

export interface FlushRequest {
  say: Say
  /** What is not sent when it aborts stays in the outbox. */
  signal: AbortSignal
  /** Hears of how many it was said that they are not sent now. */
  told?: (way: Way, count: number) => void
}

/** Fetching and sending end before the minute that the outbox leaves us: nobody else begins meanwhile. */
const MOST_FETCHING_MS = 20_000

/** Nothing was sent, as there was no way to, or nothing to send it with. */
export interface Untried {
  kind: 'untried'
  reason: NoAlertWay | 'no-credential' | 'no-sender'
  code?: Code
  words?: string
  hint?: string
}

/**
 * @returns one for each delivery, in order
 * @throws AUDIT_UNAVAILABLE, AUDIT_TAMPERED: what cannot be put on record is not sent
 */
export async function sendBatch(
  gateway: Gateway,
  { environment, channel }: Way,
  deliveries: readonly Delivery[],
  request: FlushRequest,
): Promise<readonly (Sent | Untried)[]> {
  const all = <T>(same: T): T[] => deliveries.map(() => same)
  let way: AlertWay | NoAlertWay
  try {
    way = alertWay(gateway, environment, channel)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return all(untriedFor('no-sender', error))
  }
  if (typeof way === 'string') return all({ kind: 'untried', reason: way })
  const messages = deliveries.map(messageOf)
  const outcome =
    way.holds === undefined
      ? await sendWithout(way, messages, request.signal)
      : await sendWith(gateway, way, way.holds, messages, request)
  return 'kind' in outcome ? all(outcome) : outcome
}

function untriedFor(reason: Untried['reason'], error: SecretRefError): Untried {
  const { code, message, hint } = error
  return { kind: 'untried', reason, code, words: message, ...(hint === undefined ? {} : { hint }) }
}

async function sendWithout(
  { channel }: AlertWay,
  messages: SendOrder['messages'],
  signal: AbortSignal,
): Promise<readonly Sent[]> {
  const sender = new Sender({ v: 1, channel, messages }, {}, signal)
  try {
    return await sender.send()
  } finally {
    sender.dismiss()
  }
}

async function sendWith(
  gateway: Gateway,
  { channel, host }: AlertWay,
  { plan, binding }: NonNullable<AlertWay['holds']>,
  messages: SendOrder['messages'],
  { say, signal }: FlushRequest,
): Promise<readonly Sent[] | Untried | { kind: 'left' }> {
  const run = newRunId(gateway.now())
  const request = { run, plan, command: [], inherit: [] }
  const records = new Records(gateway, request)
  const providers = providersOf(gateway.loaded.config)
  const [first] = decide(plan, { now: gateway.now(), strict: false, providers })
  if (first === undefined) throw new TypeError('a decision for each binding')
  if (!first.allow) {
    const result = { binding, decision: first }
    await gateway.record(records.refused(result))
    note(gateway, plan, run, result, say)
    return refusedBy(result)
  }
  await gateway.record([records.verifying(binding, host, 'alert')])
  let sender: Sender | undefined
  let sheet: Sheet | undefined
  try {
    const made = makeSheet(gateway, request, [binding], undefined)
    sheet = { ...made, deadlineMs: Math.min(made.deadlineMs, MOST_FETCHING_MS) }
    const handed = handedOver(() => Object.keys(gateway.env))
    sender = new Sender({ v: 1, sheet, channel, messages }, handed, signal)
    const { answer, spent } = await fetchedBy(sender, gateway, records, binding, sheet)
    if (spent !== undefined) settle(gateway, sheet, spent)
    const decision = decideAgain(binding, answer, gateway.now(), false, providers)
    const result: Result = { binding, decision, fetched: answer }
    if (!decision.allow) {
      await gateway.record(records.decided(result, true))
      note(gateway, plan, run, result, say)
      return refusedBy(result)
    }
    // Durable, and only then `send`.
    await gateway.record(records.shown(result, host, 'alert'))
    note(gateway, plan, run, result, say)
    return await sender.send()
  } catch (error) {
    if (!(error instanceof SecretRefError) || error.code.startsWith('AUDIT_')) throw error
    // We ended it: that says nothing of what it was sent with.
    if (signal.aborted) return { kind: 'left' }
    return untriedFor('no-sender', error)
  } finally {
    sender?.dismiss()
    // All that was issued by then is on disk when it has ended.
    await sender?.ended
    if (sheet !== undefined) await revokeIssued(gateway, request, [binding], sheet)
  }
}

async function fetchedBy(
  sender: Sender,
  gateway: Gateway,
  records: Records,
  binding: PlannedBinding,
  sheet: Sheet,
): ReturnType<Sender['fetched']> {
  try {
    return await sender.fetched(sheet)
  } catch (error) {
    const code = error instanceof SecretRefError ? error.code : undefined
    await gateway.record([records.abandoned(binding, code)])
    throw error
  }
}

function refusedBy({ decision }: Result): Untried {
  const { code, message, hint } = decision
  return {
    kind: 'untried',
    reason: 'no-credential',
    ...(code === undefined ? {} : { code }),
    words: message,
    ...(hint === undefined ? {} : { hint }),
  }
}

/** The log is the truth: what `state.db` could not take only status lacks. */
function note(
  gateway: Gateway,
  { environment }: Plan,
  run: string,
  result: Result,
  say: Say,
): void {
  try {
    recordGrants(gateway.db, [grantOf(gateway, run, environment, result, 'ready')])
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('warn', `${error.message}: status does not show what alerts were sent with`, error.hint)
  }
}
