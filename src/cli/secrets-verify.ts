/**
 * `secretref secrets verify`: asks the services themselves whether credentials work. A process of the
 * value wing fetches and asks; this one learns verdicts.
 */
import { isatty } from 'node:tty'
import { SecretRefError } from '../errors.ts'
import { endLike } from '../gateway/ending.ts'
import { newRunId, type Gateway } from '../gateway/gateway.ts'
import { Interrupted } from '../gateway/once.ts'
import { verifyCredentials, type VerifyRequest } from '../gateway/verify/verify.ts'
import type { Subject, Verified } from '../gateway/verify/groups.ts'
import { didYouMean } from '../config/suggest.ts'
import type { Planner } from '../plan/plan.ts'
import { safeJson } from '../printable.ts'
import { idsOfService, serviceWords } from '../targets/infer.ts'
import { openGateway, plannerOf, sayer } from './foreground.ts'
import type { Io } from './io.ts'
import { asJson, textOf, verifyExit } from './secrets-verify-words.ts'

export interface SecretsVerifyOptions {
  config?: string
  agent?: string
  target?: string
  all?: true
  environment?: string
  concurrency: number
  json?: true
}

const MOST_AT_ONCE = 64

/** @returns 2 where a credential could not be settled; else 1 where one is rejected; else 0 */
export async function secretsVerify(io: Io, options: SecretsVerifyOptions): Promise<number> {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not have credentials verified', {
      scope: 'agent',
      hint: 'verify outside of a run; "verifyOnFailure" in the config does it after a failed one',
    })
  }
  checkFlags(io, options)
  const kinds = options.target === undefined ? undefined : kindsOf(options.target)
  const gateway = await openGateway(io, options)
  const subjects = subjectsOf(plannerOf(io, gateway.loaded, options), options, kinds)
  const verified = await verify(gateway, {
    run: newRunId(io.now()),
    subjects,
    concurrency: options.concurrency,
    alerts: false,
    // To whoever waits at a terminal.
    say: sayer(io, isatty(2) ? 'info' : 'warn'),
  })
  if (options.json === true) {
    const environment = subjects[0]?.plan.environment
    const credentials = verified.map((one) => asJson(one))
    io.out(`${safeJson({ version: 1, ...(environment && { environment }), credentials }, 2)}\n`)
  } else {
    const { config } = gateway.loaded
    const named = new Set(verified.flatMap(({ agents }) => agents)).size > 1
    for (const one of verified) io.out(textOf(io, one, { config, now: io.now(), named }))
    if (verified.length === 0) io.err(`${io.program}: ${nothing(options)}\n`)
  }
  return verifyExit(verified, options.target !== undefined)
}

function nothing({ target }: SecretsVerifyOptions): string {
  return target === undefined
    ? 'there is no credential to verify'
    : 'no credential is bound to this target'
}

function checkFlags(io: Io, { agent, target, all, concurrency }: SecretsVerifyOptions): void {
  if ([agent, target, all].filter((flag) => flag !== undefined).length > 1) {
    throw new SecretRefError('USAGE', '--agent, --target and --all exclude each other')
  }
  if (concurrency > MOST_AT_ONCE) {
    throw new SecretRefError('USAGE', `--concurrency is ${MOST_AT_ONCE} at most`, {
      hint: `\`${io.program} secrets verify\` asks 8 at once`,
    })
  }
}

/** Ids of the targets that are meant. @throws TARGET_UNKNOWN */
function kindsOf(target: string): ReadonlySet<string> {
  const ids = idsOfService(target)
  if (ids.length > 0) return new Set(ids)
  throw new SecretRefError('TARGET_UNKNOWN', 'the catalogue has no target of this name', {
    hint: didYouMean(target, serviceWords()) ?? '`secretref targets list` shows them all',
  })
}

function subjectsOf(
  planner: Planner,
  { agent, target, all }: SecretsVerifyOptions,
  kinds: ReadonlySet<string> | undefined,
): Subject[] {
  const everybody = all === true || target !== undefined
  // One that is named, or the only one: the planner says what is wrong where there are more.
  const plans = everybody
    ? planner.holders.map((name) => planner.plan({ agent: name }))
    : [planner.plan({ agent })]
  return plans.map((plan) => ({
    plan,
    meant: ({ target: id, targetBy }) =>
      kinds === undefined || (targetBy !== undefined && kinds.has(id)),
  }))
}

/** A signal stops it; what was asked by then is on record as given up. */
async function verify(
  gateway: Gateway,
  request: Omit<VerifyRequest, 'signal'>,
): Promise<readonly Verified[]> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort(new Interrupted(signal)))
  }
  try {
    return await verifyCredentials(gateway, { ...request, signal: stop.signal })
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    await gateway.settle()
    return endLike({ signal: error.signal })
  } finally {
    await gateway.settle()
  }
}
