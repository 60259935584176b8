/** What `secrets verify` says of each credential. */
import { providersOf, WRITABLE_TYPES } from '../config/accessors.ts'
import type { Config } from '../config/types.ts'
import { signText, type Sign } from '../gateway/status.ts'
import type { Unreached, Unsettled } from '../gateway/verify/words.ts'
import type { Verified } from '../gateway/verify/groups.ts'
import type { NotAsked } from '../gateway/verify/way.ts'
import { earlier } from '../plan/dates.ts'
import { dayOf, isNear, isPast, whenOf } from '../policy/expiry.ts'
import { printable, type Io } from './io.ts'

const UNSETTLED: Readonly<Record<Unsettled | Unreached, string>> = {
  ambiguous: 'this answer has more than one meaning',
  'answer-too-large': 'the answer is longer than one may be',
  'bad-answer': 'the answer cannot be read',
  'companion-missing': 'what the call needs beside it is not there',
  'not-sendable': 'the value holds what cannot be sent as it is',
  'other-host': 'the value is a URL of another host',
  'other-target': 'it or what goes along is plainly of another service, so nothing was sent',
  'out-of-time': 'too many were to be asked in the time there is',
  'rate-limited': 'the service has had too many requests',
  redirect: 'the service answered with a redirect, which is not followed',
  'server-error': 'the service has trouble of its own',
  'unexpected-answer': 'this answer is not known',
  connection: 'the connection broke',
  dns: 'its name could not be looked up',
  refused: 'nothing listens there',
  timeout: 'it did not answer in time',
  tls: 'it could not prove who it is',
}

const NOT_ASKED: Readonly<Record<NotAsked, string>> = {
  'no-target': 'its target is not known',
  'no-call': 'no call is known that would tell',
  'no-base-url': 'only the config can say where its server is',
  'base-url-misfit': 'the base URL in the config is not of this service',
  'base-url-misplaced': 'its base URL has no TLS, and was not stated for production',
  'companion-missing': 'something that the call needs is not bound',
  'companion-refused': 'something that the call needs could not be fetched, or is refused',
  'other-target': 'what is bound for the call beside it is of another service',
  'out-of-time': 'the time for all of them was over',
}

interface Words {
  sign: Sign
  verdict: string
  details: readonly string[]
  /** One sentence. */
  why?: string
  hint?: string
}

/** @param how `named`: more than one agent is shown, so that each line says whose it is */
export function textOf(
  io: Io,
  one: Verified,
  { config, now, named }: { config: Config; now: Date; named: boolean },
): string {
  const { sign, verdict, details, why, hint } = wordsFor(io.program, one, config, now)
  const inBrackets = details.length === 0 ? '' : ` (${details.join(', ')})`
  const whose = named ? ` for ${someOf(one.agents)}` : ''
  const line = `${signText(sign, io.signs)} ${one.binding.envVar}: ${verdict}${inBrackets}${whose}`
  const more = [why, hint === undefined ? undefined : `hint: ${hint}`].filter(
    (sentence) => sentence !== undefined,
  )
  return [line, ...more.map((sentence) => `   ${sentence}`)]
    .map((text) => `${printable(text)}\n`)
    .join('')
}

const SHOWN = 3

function someOf(agents: readonly string[]): string {
  const left = agents.length - SHOWN
  const shown = agents.slice(0, SHOWN).join(', ')
  return left > 0 ? `${shown} and ${left} more` : shown
}

function wordsFor(program: string, one: Verified, config: Config, now: Date): Words {
  const { binding, target, result } = one
  if (result.kind === 'failed') {
    const { code, message, hint } = result
    return { sign: 'bad', verdict: 'not fetched', details: [code], why: message, hint }
  }
  const kind = target === undefined ? [] : [target.id]
  if (result.kind === 'not-asked') {
    const { reason, names, hint = hintFor(one, reason) } = result
    const isOpen = reason === 'no-target' || reason === 'no-call'
    return {
      sign: isOpen ? 'none' : 'attention',
      verdict: `not asked: ${NOT_ASKED[reason]}`,
      details: [...kind, ...(names === undefined ? [] : [`missing: ${names.join(', ')}`])],
      ...(hint === undefined ? {} : { hint }),
    }
  }
  const { checked, ageDays, secret } = result
  const { verdict, reason, status } = checked
  const details = [...kind, atHost(one), ...(status === undefined ? [] : [`HTTP ${status}`])]
  const age = ageDays === undefined ? [] : [ageDays === 1 ? '1 day old' : `${ageDays} days old`]
  if (verdict === 'rejected') {
    return {
      sign: 'bad',
      verdict,
      details: [...details, ...age],
      hint: `replace it at ${target?.service ?? 'its service'}, then ${storing(program, one, config)}`,
    }
  }
  if (verdict === 'cannot-tell' || verdict === 'unreachable') {
    const why = reason === undefined ? [] : [UNSETTLED[reason]]
    const words = verdict === 'unreachable' ? verdict : 'cannot tell'
    return { sign: 'attention', verdict: words, details: [...details, ...why] }
  }
  const expiresAt = earlier(earlier(binding.expiresAt, secret.expiresAt), checked.expiresAt)
  const end = expiresAt === undefined ? [] : [endInWords(expiresAt, now)]
  const soon = expiresAt !== undefined && (isPast(expiresAt, now) || isNear(expiresAt, now))
  const words = verdict === 'valid' ? verdict : 'valid, without permission for this call'
  return { sign: soon ? 'attention' : 'good', verdict: words, details: [...details, ...end] }
}

function atHost({ host, baseUrl }: Verified): string {
  return baseUrl === undefined ? `at ${host}` : `at ${host} by the config's baseUrl`
}

function endInWords(expiresAt: string, now: Date): string {
  const day = dayOf(expiresAt)
  if (isPast(expiresAt, now)) return `expired on ${day}`
  return isNear(expiresAt, now) ? `expires ${whenOf(expiresAt, now)}, ${day}` : `valid until ${day}`
}

function storing(program: string, { binding }: Verified, config: Config): string {
  const provider = binding.chain[0]?.provider ?? ''
  return WRITABLE_TYPES.has(providersOf(config).get(provider)?.type ?? '')
    ? `\`${program} secrets set ${binding.ref}\``
    : `store the new one in ${provider}`
}

function hintFor({ target }: Verified, reason: NotAsked): string | undefined {
  const entry = `targets.${target?.id}`
  const hints: Readonly<Record<NotAsked, string | undefined>> = {
    'no-target': 'say it with "service" in the tool binding or the credential',
    'no-call': undefined,
    'no-base-url': `state ${entry}.baseUrl in the config`,
    'base-url-misfit': `state ${entry}.baseUrl in the config`,
    'base-url-misplaced': `state it under environments.E.${entry}, E being the environment that it is for`,
    'companion-missing': `bind it to the agent, with its envVar, or state it under ${entry}.settings where it is no secret`,
    // The refusal has a hint of its own.
    'companion-refused': undefined,
    'other-target': `bind what ${target?.service ?? 'the service'} gave you under that variable`,
    'out-of-time': 'ask about fewer, or with a higher --concurrency',
  }
  return hints[reason]
}

/** The closed fields of one credential, for programs. */
export function asJson({ binding, agents, target, host, baseUrl, result }: Verified): object {
  const about = {
    ref: binding.ref,
    envVar: binding.envVar,
    agents,
    ...(target === undefined ? {} : { target: target.id }),
    ...(host === undefined ? {} : { host }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  }
  if (result.kind === 'failed') {
    const { code, message, hint } = result
    return { ...about, asked: false, code, message, hint }
  }
  if (result.kind === 'not-asked') {
    const { reason, names } = result
    return {
      ...about,
      asked: false,
      verdict: 'cannot-tell',
      reason,
      ...(names && { missing: names }),
    }
  }
  const { checked, secret, ageDays } = result
  const { ms, ...verdict } = checked
  return {
    ...about,
    asked: true,
    ...verdict,
    ms,
    provider: secret.provider,
    fingerprint: secret.fingerprint,
    ...(secret.version === undefined ? {} : { secretVersion: secret.version }),
    ...(ageDays === undefined ? {} : { ageDays }),
  }
}

/**
 * 2 where a credential is not settled: not fetched, not reached, no clear answer, something missing in
 * the config, or nothing asked at all. A credential that the catalogue knows no call for does not count.
 * Else 1 where one is rejected.
 *
 * @param wanted a target was named: then there must be one
 */
export function verifyExit(verified: readonly Verified[], wanted: boolean): 0 | 1 | 2 {
  if (verified.length === 0) return wanted ? 2 : 0
  if (verified.every(isBeyondUs) || verified.some(isUnsettled)) return 2
  return verified.some(isRejected) ? 1 : 0
}

function isRejected({ result }: Verified): boolean {
  return result.kind === 'asked' && result.checked.verdict === 'rejected'
}

function isBeyondUs({ result }: Verified): boolean {
  if (result.kind !== 'not-asked') return false
  return result.reason === 'no-target' || result.reason === 'no-call'
}

function isUnsettled(one: Verified): boolean {
  const { result } = one
  if (result.kind === 'not-asked') return !isBeyondUs(one)
  if (result.kind === 'failed') return true
  const { verdict } = result.checked
  return verdict === 'cannot-tell' || verdict === 'unreachable'
}
