/** `secretref secrets describe REF`: all that is known of one ref, without its value. */
import type { AuditRecord } from '../audit/record.ts'
import { requireTrust } from '../config/trust.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { askedEnvironment, homeEnvironment } from '../plan/environment.ts'
import { didYouMean } from '../plan/known.ts'
import { dayOf } from '../policy/expiry.ts'
import { safeJson } from '../printable.ts'
import { printable, type Io } from './io.ts'
import { readLog } from './log-source.ts'
import { logTable } from './log-table.ts'
import { rotationJson, rotationLines } from './rotation-words.ts'
import { knownRefs, openKnown, stateInWords, stepInWords, type KnownRef } from './secrets-known.ts'
import { checkName } from './secrets-place.ts'
import { askCurrent, type Current } from './secrets-versions.ts'

export interface SecretsDescribeOptions {
  config?: string
  environment?: string
  json?: true
}

/** So many records are shown, the newest. */
const LAST_RECORDS = 5

/**
 * Of the environment that was asked for, or the configured one, the provider says which version is there;
 * the others are not asked. An agent is shown what it is bound to, and of the log what concerns itself.
 *
 * @returns 1 where a line of the log is no record, else 0
 * @throws {SecretRefError} REF_UNKNOWN, ENVIRONMENT_UNKNOWN, STATE_UNAVAILABLE, USAGE
 */
export async function secretsDescribe(
  io: Io,
  ref: string,
  options: SecretsDescribeOptions,
): Promise<number> {
  checkName(io, ref)
  const asked = askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT'])
  const { loaded, parent } = await openKnown(io, options, asked)
  const agent = parent?.agent
  const environments = parent === undefined ? environmentsOf(loaded, asked) : [parent.environment]
  const all = environments.flatMap((environment) => knownRefs(io, loaded, { agent, environment }))
  const found = all.filter((one) => one.ref === ref)
  if (found.length === 0) {
    const names = [...new Set(all.map((one) => one.ref))]
    const who =
      agent === undefined ? 'this config neither binds nor places' : `${agent} is not bound to`
    throw new SecretRefError('REF_UNKNOWN', `${who} a ref "${ref}"`, {
      scope: 'ref',
      hint: didYouMean(ref, names, 'refs'),
    })
  }
  const home = asked ?? homeEnvironment(loaded.config)
  const stored = parent === undefined ? await storedIn(io, loaded, ref, home, found) : undefined
  let records: AuditRecord[] = []
  const code = readLog(io, {}, (lines) => {
    for (const { record } of lines) {
      if (record.ref !== ref || (agent !== undefined && record.agent !== agent)) continue
      records = [...records, record].slice(-LAST_RECORDS)
    }
  })
  if (options.json === true) {
    const told = found.map(({ rule, rotation: known, ...one }) => {
      const rotation = rotationJson(rule, known)
      const here = one.environment === home ? stored : undefined
      return {
        ...one,
        ...(rotation && { rotation }),
        ...(here && { stored: asJson(here) }),
      }
    })
    io.out(`${safeJson({ version: 1, ref, environments: told, records }, 2)}\n`)
    return code
  }
  for (const one of found) {
    io.out(block(io, loaded, one, one.environment === home ? stored : undefined))
  }
  io.out(records.length === 0 ? 'no record of it in the audit log\n' : 'last records\n')
  for (const text of logTable(records, io.columns)) io.out(text)
  if (agent !== undefined) return code
  io.err(`hint: \`${io.program} secrets history ${ref}\` asks its provider for the versions\n`)
  return code
}

type Told = Current | SecretRefError | undefined

/** Nothing where it may not be asked: the config is not trusted, or the ref points nowhere there. */
async function storedIn(
  io: Io,
  loaded: LoadedConfig,
  ref: string,
  environment: string,
  found: readonly KnownRef[],
): Promise<Told> {
  const route = found.find((one) => one.environment === environment)?.route
  if (route === undefined || route.problem !== undefined) return undefined
  try {
    requireTrust(loaded, io.home)
    return await askCurrent(io, loaded, ref, environment)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return error.code === 'CONFIG_UNTRUSTED' ? undefined : error
  }
}

function asJson(told: Current | SecretRefError): object {
  return told instanceof SecretRefError ? told.toJSON() : told
}

/** The one that was asked for; else every one that the config states. */
function environmentsOf({ config }: LoadedConfig, asked: string | undefined): string[] {
  if (asked !== undefined) return [asked]
  return [...new Set([homeEnvironment(config), ...Object.keys(config.environments ?? {})])]
}

function block(io: Io, loaded: LoadedConfig, known: KnownRef, stored: Told): string {
  const { ref, environment, route, holders, credential } = known
  const lines: [string, string][] = route.chain.map((step, i) => [
    `provider ${i + 1}`,
    `${step.provider}: ${stepInWords(io, loaded, step)}`,
  ])
  if (stored !== undefined) lines.push(['stored', storedInWords(stored)])
  if (stored instanceof SecretRefError && stored.hint !== undefined) {
    lines.push(['', `hint: ${stored.hint}`])
  }
  const { problem } = route
  if (problem !== undefined) lines.push(['problem', `${problem.message} [${problem.code}]`])
  for (const { decision, status, grant } of holders) {
    const { agent, tool, envVar } = decision.binding
    const may = decision.allow ? 'may receive it' : `may not (${decision.code})`
    lines.push(['agent', `${agent}, tool ${tool}, as ${envVar}: ${may}; ${stateInWords(status)}`])
    if (!decision.allow) lines.push(['because', decision.message])
    if (grant === undefined) continue
    lines.push(['last', `${grant.outcome} at ${grant.at}${valueInWords(grant)}`])
  }
  if (holders.length === 0) lines.push(['agent', 'bound to nobody'])
  if (credential !== undefined) {
    const { target, verdict, at } = credential
    lines.push(['verified', `${verdict}, by ${target} on ${dayOf(at)}`])
  }
  lines.push(...rotationLines(known.rule, known.rotation))
  const width = Math.max(...lines.map(([label]) => label.length)) + 2
  const text = lines.map(([label, words]) => `  ${label.padEnd(width)}${printable(words)}\n`)
  return `${printable(`"${ref}" in environment ${environment}`)}\n${text.join('')}\n`
}

/** `version 3, since 2026-03-08, ends 2027-03-08; 12 versions are kept` */
function storedInWords(told: Current | SecretRefError): string {
  if (told instanceof SecretRefError) return `not known: ${told.message} [${told.code}]`
  const { current, count } = told
  if (current === undefined) return 'no current version'
  const { version, createdAt, expiresAt } = current
  const since = createdAt === undefined ? '' : `, since ${dayOf(createdAt)}`
  const ends = expiresAt === undefined ? '' : `, ends ${dayOf(expiresAt)}`
  const kept = count === 1 ? 'no other is kept' : `${count} versions are kept`
  return `version ${version}${since}${ends}; ${kept}`
}

function valueInWords({
  version,
  fingerprint,
}: {
  version?: string
  fingerprint?: string
}): string {
  const which = version === undefined ? '' : `, version ${version}`
  return `${which}${fingerprint === undefined ? '' : `, fingerprint ${fingerprint}`}`
}
