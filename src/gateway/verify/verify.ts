/**
 * Asks services whether credentials work: the same decisions, sheets and records as a start, but a value
 * is delivered to nobody; a verifier shows it to the one service that it is for.
 */
import type { Entry } from '../../audit/record.ts'
import { SecretRefError } from '../../errors.ts'
import type { PlannedBinding } from '../../plan/types.ts'
import type { Fetched, FetchedValue } from '../../policy/fetched.ts'
import type { Verdict } from '../../targets/types.ts'
import { recordCredentials, type CredentialRow } from '../../state/credentials.ts'
import { settle } from '../budget.ts'
import { handedOver } from '../early.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'
import { revokeIssued } from '../lease/run-leases.ts'
import { Records } from '../records.ts'
import { CALLS_TIMEOUT_MS, type Checked } from './words.ts'
import { startVerifier, type Verifier } from './verifier.ts'
import { judgeCall, loud, type Judged } from './judge.ts'
import { groupsOf, type Group, type Subject, type Verified } from './groups.ts'
import { orderOf } from './order.ts'

export interface VerifyRequest {
  run: string
  /** All of one environment. */
  subjects: readonly Subject[]
  /** How many services are asked at once. */
  concurrency: number
  /** Whether an alert is raised where the config asks for one: for nobody who looks on. */
  alerts: boolean
  say: Say
  signal: AbortSignal
  /** Milliseconds since the verification began; given by tests. */
  elapsed?: () => number
}

const OUT_OF_TIME = { kind: 'not-asked', reason: 'out-of-time' } as const

/** @returns milliseconds since now */
function stopwatch(): () => number {
  const began = performance.now()
  return () => performance.now() - began
}

/** Values for one verifier: an exec provider takes 512 at once, and memory has a bound. */
const BATCH = 128
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * @returns one entry for each credential, in the order of the config; all of it is on record by then
 * @throws SecretRefError where nothing could be asked or recorded; what `signal` was aborted with
 */
export async function verifyCredentials(
  gateway: Gateway,
  request: VerifyRequest,
): Promise<readonly Verified[]> {
  const { run, subjects } = request
  const grouped = await groupsOf(gateway.loaded.config, subjects, gateway.now())
  const { groups, settled, denials } = grouped
  await gateway.record(
    denials.flatMap(({ plan, decision }) => {
      const binding = loud(decision.binding, request)
      return new Records(gateway, { run, plan, command: [] }).refused({ binding, decision })
    }),
  )
  if (groups.length > 0) {
    const hosts = new Set(groups.map(({ way }) => way.host)).size
    request.say(
      'info',
      `asks ${counted(hosts, 'service')} about ${counted(groups.length, 'credential')}`,
    )
  }
  const found: Verified[] = []
  const { elapsed = stopwatch() } = request
  for (let at = 0; at < groups.length; at += BATCH) {
    const batch = groups.slice(at, at + BATCH)
    const leftMs = CALLS_TIMEOUT_MS - elapsed()
    if (leftMs > 0) found.push(...(await verifyBatch(gateway, request, batch, leftMs)))
    else for (const group of batch) found.push({ ...aboutOf(group), result: OUT_OF_TIME })
  }
  const order = subjects.flatMap(({ plan }) => plan.bindings)
  const places = new Map(order.map((binding, place) => [binding, place]))
  const placeOf = ({ binding }: Verified): number => places.get(binding) ?? 0
  return [...found, ...settled].toSorted((a, b) => placeOf(a) - placeOf(b))
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** @param leftMs for the calls of this batch and all that follow */
async function verifyBatch(
  gateway: Gateway,
  request: VerifyRequest,
  groups: readonly Group[],
  leftMs: number,
): Promise<Verified[]> {
  const { run, signal } = request
  const { concurrency } = request
  const { order, asked } = orderOf(gateway, run, groups, { concurrency, leftMs })
  const everyBinding = (entry: (records: Records, one: PlannedBinding, host: string) => Entry) =>
    groups.flatMap(({ plan, binding, way }) => {
      const records = new Records(gateway, { run, plan, command: [] })
      return [binding, ...way.companions.values()].map((one) => entry(records, one, way.host))
    })
  await gateway.record(everyBinding((records, one, host) => records.verifying(one, host)))
  const handed = handedOver(() => Object.keys(gateway.env))
  const verifier = startVerifier(order, handed, signal)
  try {
    let fetched: readonly Fetched[]
    try {
      fetched = await verifier.fetched()
      settle(gateway, order.sheet, verifier.spent)
    } catch (error) {
      const code = error instanceof SecretRefError ? error.code : undefined
      await gateway.record(everyBinding((records, one) => records.abandoned(one, code)))
      throw error
    }
    const judged = groups.map((group, place) => {
      const call = order.calls[place]
      if (call === undefined) throw new TypeError('there is a call for each group')
      return judgeCall(gateway, request, group, { call, place, fetched })
    })
    // Durable, and only then `ask`: what may leave is on record before it does.
    await gateway.record(judged.flatMap(({ entries }) => entries))
    const checked = await askAbout(gateway, request, verifier, judged.filter(isSent))
    const verified = judged.map((one) => verifiedOf(gateway, one, checked))
    keep(gateway, request, verified)
    return verified
  } finally {
    verifier.dismiss()
    // All that was issued by then is on disk when it has ended; it has been shown to whom it is for.
    await verifier.ended()
    const [first] = groups
    if (first !== undefined)
      await revokeIssued(gateway, { run, plan: first.plan }, asked, order.sheet)
  }
}

type Sent = Extract<Judged, { send: true }>

function isSent(one: Judged): one is Sent {
  return one.send
}

/** Has the calls made, and puts on record what came of each, also where nobody can say any more. */
async function askAbout(
  gateway: Gateway,
  request: VerifyRequest,
  verifier: Verifier,
  sent: readonly Sent[],
): Promise<ReadonlyMap<Sent, Checked>> {
  if (sent.length === 0) return new Map()
  const places = sent.map(({ place }) => place)
  let checked: readonly Checked[]
  try {
    checked = await verifier.ask(places)
  } catch (error) {
    const lost = { verdict: 'cannot-tell', reason: 'no-report', ms: 0 } as const
    await gateway.record(sent.flatMap((one) => verdictOn(gateway, request, one, lost)))
    throw error
  }
  const found = new Map<Sent, Checked>()
  for (const [i, one] of sent.entries()) {
    const check = checked[i]
    if (check === undefined) throw new TypeError('there is an answer to each call')
    found.set(one, check)
  }
  await gateway.record(
    Array.from(found, ([one, check]) => verdictOn(gateway, request, one, check)).flat(),
  )
  return found
}

function verifiedOf(gateway: Gateway, one: Judged, found: ReadonlyMap<Sent, Checked>): Verified {
  const about = aboutOf(one.group)
  if (!one.send) return { ...about, result: one.result }
  const checked = found.get(one)
  if (checked === undefined) throw new TypeError('what may be sent was asked about')
  const ageDays = ageOf(one.secret, gateway.now())
  const age = ageDays === undefined ? {} : { ageDays }
  return { ...about, result: { kind: 'asked', checked, secret: one.secret, ...age } }
}

function aboutOf({ binding, agents, way }: Group): Omit<Verified, 'result'> {
  const { target, host, baseUrl } = way
  return { binding, agents, target, host, ...(baseUrl === undefined ? {} : { baseUrl }) }
}

/** What goes on record of a credential whose service was asked, and the alert where it rejects it. */
function verdictOn(
  gateway: Gateway,
  request: VerifyRequest,
  { group, secret }: Sent,
  check: { verdict: Verdict; reason?: string; status?: number },
): Entry[] {
  const { plan, binding, agents, way } = group
  const records = new Records(gateway, { run: request.run, plan, command: [] })
  const ageDays = ageOf(secret, gateway.now())
  const result = { binding: loud(binding, request), fetched: secret }
  const entry = records.verdict(EVENTS[check.verdict], result, check.reason, {
    verdict: check.verdict,
    host: way.host,
    ...(check.status === undefined ? {} : { status: check.status }),
    ...(ageDays === undefined ? {} : { ageDays }),
    ...(agents.length > 1 ? { agents: agents.length } : {}),
  })
  const isAlarm = check.verdict === 'rejected' && result.binding.onFailure === 'deny-and-alert'
  return isAlarm ? [entry, records.alert(result, 'credential-rejected')] : [entry]
}

const EVENTS = {
  valid: 'credential.verified',
  'no-permission': 'credential.verified',
  rejected: 'credential.rejected',
  'cannot-tell': 'credential.unsettled',
  unreachable: 'credential.unsettled',
} as const

function ageOf({ createdAt }: FetchedValue, now: Date): number | undefined {
  if (createdAt === undefined) return undefined
  const days = Math.floor((now.getTime() - Date.parse(createdAt)) / DAY_MS)
  // One that is made tomorrow is of a clock that is wrong.
  return days < 0 ? undefined : days
}

/** The log is the truth: what `state.db` could not take only status lacks. */
function keep(
  gateway: Gateway,
  { say, subjects }: VerifyRequest,
  verified: readonly Verified[],
): void {
  const environment = subjects[0]?.plan.environment ?? ''
  const rows = verified.flatMap(({ binding, target, result }): CredentialRow[] => {
    if (result.kind !== 'asked' || target === undefined) return []
    const { checked, secret } = result
    return [
      {
        config: gateway.loaded.path,
        environment,
        ref: binding.ref,
        target: target.id,
        fingerprint: secret.fingerprint,
        verdict: checked.verdict,
        at: gateway.now().toISOString(),
        ...(checked.expiresAt === undefined ? {} : { expiresAt: checked.expiresAt }),
      },
    ]
  })
  try {
    recordCredentials(gateway.db, rows)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('warn', `${error.message}: status does not show what was verified`, error.hint)
  }
}
