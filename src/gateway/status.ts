/** What `gateway status --secrets` says of one binding. Pure. */
import { createHash } from 'node:crypto'
import { earlier } from '../plan/dates.ts'
import type { PlannedBinding } from '../plan/types.ts'
import { ageOf, dayOf, isNear, isPast, whenOf } from '../policy/expiry.ts'
import type { CredentialRow } from '../state/credentials.ts'
import type { GrantRow } from '../state/grants.ts'
import type { LeaseRow } from '../state/leases.ts'

export type Sign = 'good' | 'attention' | 'bad' | 'none'

export interface StatusLine {
  agent: string
  envVar: string
  ref: string
  /** What the credential is for, where the plan knows it, and how that was found (`PlannedBinding`). */
  target?: string
  targetBy?: NonNullable<PlannedBinding['targetBy']>
  /** The first provider of its chain; none where the config places it nowhere. */
  provider?: string
  sign: Sign
  state: 'injected' | 'ready' | 'denied' | 'rejected' | 'stale' | 'never injected'
  /** The target whose service rejected the value, with `rejected`. */
  rejectedBy?: string
  /** What stands in brackets, if anything. */
  detail?: string
  expiresAt?: string
  /** Of a credential that was made for a run: how its lease stands. */
  lease?: Pick<LeaseRow, 'state' | 'endsAt'>
}

const SIGNS: Readonly<Record<Sign, string>> = { good: '✅', attention: '⚠️', bad: '❌', none: '⚪' }
const WORDS: Readonly<Record<Sign, string>> = {
  good: '[ok]',
  attention: '[warn]',
  bad: '[fail]',
  none: '[none]',
}

/** `✅ STRIPE_API_KEY: injected (valid until 2027-03-08)`; words instead of signs where they cannot be shown. */
export function statusText(line: StatusLine, signs: boolean): string {
  return `${signText(line.sign, signs)} ${statusWords(line)}`
}

/** The line without its sign. */
export function statusWords({ envVar, state, rejectedBy, detail }: StatusLine): string {
  const by = rejectedBy === undefined ? '' : ` by ${rejectedBy}`
  return `${envVar}: ${state}${by}${detail === undefined ? '' : ` (${detail})`}`
}

export function signText(sign: Sign, signs: boolean): string {
  return (signs ? SIGNS : WORDS)[sign]
}

/**
 * @param binding what the config says now
 * @param grant what happened last, if anything
 * @param credential what its service said last, of this value or of another
 * @param lease the last one of its variable, of this run or of an earlier one
 */
export function statusOf(
  binding: PlannedBinding,
  grant: GrantRow | undefined,
  now: Date,
  credential?: CredentialRow,
  lease?: LeaseRow,
): StatusLine {
  const { agent, envVar, ref, target, targetBy, chain } = binding
  const provider = chain[0]?.provider
  const about = {
    agent,
    envVar,
    ref,
    ...(target && { target }),
    ...(targetBy && { targetBy }),
    ...(provider && { provider }),
  }
  if (grant === undefined) return { ...about, sign: 'none', state: 'never injected' }
  if (grant.route !== routeOf(binding)) {
    return {
      ...about,
      sign: 'attention',
      state: 'stale',
      detail: `${grant.outcome} before the config changed`,
    }
  }
  if (grant.outcome === 'denied') {
    return { ...about, sign: 'bad', state: 'denied', ...(grant.code && { detail: grant.code }) }
  }
  if (credential?.verdict === 'rejected' && credential.fingerprint === grant.fingerprint) {
    const { target: rejectedBy, at } = credential
    return { ...about, sign: 'bad', state: 'rejected', rejectedBy, detail: dayOf(at) }
  }
  if (grant.code !== undefined) {
    const detail = `last read ${ageOf(grant.at, now)} ago, then ${grant.code}`
    return { ...about, sign: 'attention', state: 'stale', detail }
  }
  const expiry = expiryOf(earlier(grant.expiresAt, binding.expiresAt), now)
  const held = lease?.run === grant.run && grant.outcome === 'injected' ? lease : undefined
  return {
    ...about,
    state: grant.outcome,
    ...expiry,
    ...(held !== undefined && expiry.sign === 'good' ? leaseOf(held, now) : {}),
  }
}

function leaseOf(
  { state, endsAt }: LeaseRow,
  now: Date,
): Required<Pick<StatusLine, 'sign' | 'detail' | 'lease'>> {
  const lease = { state, endsAt }
  const end = `${endsAt.slice(0, 19).replace('T', ' ')} UTC`
  if (state === 'revoked') return { lease, sign: 'none', detail: 'its lease was revoked' }
  if (isPast(endsAt, now)) return { lease, sign: 'bad', detail: `its lease ended ${end}` }
  if (state === 'lost')
    return { lease, sign: 'attention', detail: `its lease is lost, ends ${end}` }
  const how = state === 'renewed' ? 'lease renewed until' : 'lease until'
  return { lease, sign: 'good', detail: `${how} ${end}` }
}

function expiryOf(
  expiresAt: string | undefined,
  now: Date,
): { sign: Sign; detail: string; expiresAt?: string } {
  if (expiresAt === undefined) return { sign: 'good', detail: 'no expiry' }
  const date = dayOf(expiresAt)
  if (isPast(expiresAt, now)) return { sign: 'bad', detail: `expired on ${date}`, expiresAt }
  if (!isNear(expiresAt, now)) return { sign: 'good', detail: `valid until ${date}`, expiresAt }
  return { sign: 'attention', detail: `expires ${whenOf(expiresAt, now)}, ${date}`, expiresAt }
}

/** One hash of everything that decides what a binding receives; another one means: config changed. */
export function routeOf(binding: PlannedBinding): string {
  const { tool, slot, ref, envVar, delivery, pathInEnvVar, chain } = binding
  return createHash('sha256')
    .update(JSON.stringify([tool, slot, ref, envVar, delivery, pathInEnvVar, chain]))
    .digest('hex')
    .slice(0, 32)
}
