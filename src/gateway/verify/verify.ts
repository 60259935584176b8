/**
 * Asks services whether credentials work: the same decisions, sheets and records as a start, but a value
 * is delivered to nobody; a verifier shows it to the one service that it is for.
 */
import { providersOf } from '../../config/accessors.ts'
import type { Entry } from '../../audit/record.ts'
import { SecretRefError } from '../../errors.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import { decideAgain } from '../../policy/decide.ts'
import type { Fetched, FetchedValue } from '../../policy/fetched.ts'
import { recordCredentials, type CredentialRow } from '../../state/credentials.ts'
import { handedOver } from '../early.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../once.ts'
import { Records } from '../records.ts'
import type { Call } from './words.ts'
import { askVerifier } from './verifier.ts'
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
  for (let at = 0; at < groups.length; at += BATCH) {
    found.push(...(await verifyBatch(gateway, request, groups.slice(at, at + BATCH))))
  }
  const order = subjects.flatMap(({ plan }) => plan.bindings)
  const places = new Map(order.map((binding, place) => [binding, place]))
  const placeOf = ({ binding }: Verified): number => places.get(binding) ?? 0
  return [...found, ...settled].toSorted((a, b) => placeOf(a) - placeOf(b))
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

async function verifyBatch(
  gateway: Gateway,
  request: VerifyRequest,
  groups: readonly Group[],
): Promise<Verified[]> {
  const { run, signal } = request
  const order = orderOf(gateway, run, groups, request.concurrency)
  const recordsOf = (plan: Plan): Records => new Records(gateway, { run, plan, command: [] })
  await gateway.record(
    groups.flatMap(({ plan, binding, way }) =>
      [binding, ...way.companions.values()].map((one) => recordsOf(plan).verifying(one, way.host)),
    ),
  )
  let answers: Awaited<ReturnType<typeof askVerifier>>
  try {
    const handed = handedOver(() => Object.keys(gateway.env))
    answers = await askVerifier(order, handed, signal)
  } catch (error) {
    const code = error instanceof SecretRefError ? error.code : undefined
    await gateway.record(
      groups.flatMap(({ plan, binding, way }) =>
        [binding, ...way.companions.values()].map((one) => recordsOf(plan).abandoned(one, code)),
      ),
    )
    throw error
  }
  const outcomes = groups.map((group, i) => {
    const call = order.calls[i]
    if (call === undefined) throw new TypeError('there is a call for each group')
    return outcomeOf(gateway, request, group, call, answers, i)
  })
  await gateway.record(outcomes.flatMap(({ entries }) => entries))
  const verified = outcomes.map((outcome) => outcome.verified)
  keep(gateway, request, verified)
  return verified
}

/** What is said of one credential, and what goes on record of it. */
function outcomeOf(
  gateway: Gateway,
  request: VerifyRequest,
  { plan, binding, agents, way }: Group,
  call: Call,
  { fetched, checked }: Awaited<ReturnType<typeof askVerifier>>,
  index: number,
): { verified: Verified; entries: Entry[] } {
  const records = new Records(gateway, { run: request.run, plan, command: [] })
  const types = providersOf(gateway.loaded.config)
  const about = {
    binding,
    agents,
    target: way.target,
    host: way.host,
    ...(way.baseUrl === undefined ? {} : { baseUrl: way.baseUrl }),
  }
  const answerTo = (item: number | undefined): Fetched => {
    const answer = fetched[item ?? -1]
    if (answer === undefined) throw new TypeError('the verifier answers every item')
    return answer
  }
  const entries: Entry[] = Array.from(way.companions, ([name, one]) => {
    const answer = answerTo(call.companions[name])
    const decision = decideAgain(one, answer, gateway.now(), false, types)
    return records.checkedOrRefused({ binding: loud(one, request), fetched: answer, decision })
  }).flat()
  const secret = answerTo(call.item)
  const check = checked[index]
  if (secret.outcome === 'failure' || check === undefined || check === null) {
    const decision = decideAgain(binding, secret, gateway.now(), false, types)
    if (decision.allow) throw new TypeError('a value that was fetched was asked about')
    const { code, message, hint } = decision
    entries.push(
      ...records.checkedOrRefused({ binding: loud(binding, request), fetched: secret, decision }),
    )
    return { verified: { ...about, result: { kind: 'failed', code, message, hint } }, entries }
  }
  const ageDays = ageOf(secret, gateway.now())
  const result = { binding: loud(binding, request), fetched: secret }
  entries.push(
    records.verdict(EVENTS[check.verdict], result, check.reason, {
      verdict: check.verdict,
      host: way.host,
      ...(check.status === undefined ? {} : { status: check.status }),
      ...(ageDays === undefined ? {} : { ageDays }),
      ...(agents.length > 1 ? { agents: agents.length } : {}),
    }),
  )
  if (check.verdict === 'rejected' && result.binding.onFailure === 'deny-and-alert') {
    entries.push(records.alert(result, 'credential-rejected'))
  }
  const names = Object.entries(call.companions)
    .filter(([, item]) => answerTo(item).outcome === 'failure')
    .map(([name]) => name)
  const asked = {
    kind: 'asked',
    checked: check,
    secret,
    ...(ageDays === undefined ? {} : { ageDays }),
    ...(names.length === 0 ? {} : { names }),
  } as const
  return { verified: { ...about, result: asked }, entries }
}

const EVENTS = {
  valid: 'credential.verified',
  'no-permission': 'credential.verified',
  rejected: 'credential.rejected',
  'cannot-tell': 'credential.unsettled',
  unreachable: 'credential.unsettled',
} as const

function loud(binding: PlannedBinding, { alerts }: VerifyRequest): PlannedBinding {
  return alerts ? binding : { ...binding, onFailure: 'deny-and-log' }
}

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
