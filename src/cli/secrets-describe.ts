/** `secretref secrets describe REF`: all that is known of one ref, without its value. Asks no provider. */
import type { AuditRecord } from '../audit/record.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { askedEnvironment, homeEnvironment } from '../plan/environment.ts'
import { didYouMean } from '../plan/known.ts'
import { dayOf } from '../policy/expiry.ts'
import { safeJson } from '../printable.ts'
import { printable, type Io } from './io.ts'
import { readLog } from './log-source.ts'
import { logTable } from './log-table.ts'
import { knownRefs, openKnown, stateInWords, stepInWords, type KnownRef } from './secrets-known.ts'
import { checkName } from './secrets-place.ts'

export interface SecretsDescribeOptions {
  config?: string
  environment?: string
  json?: true
}

/** So many records are shown, the newest. */
const LAST_RECORDS = 5

/**
 * An agent is shown what it is bound to, and of the log what concerns itself.
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
  let records: AuditRecord[] = []
  const code = readLog(io, {}, (lines) => {
    for (const { record } of lines) {
      if (record.ref !== ref || (agent !== undefined && record.agent !== agent)) continue
      records = [...records, record].slice(-LAST_RECORDS)
    }
  })
  if (options.json === true) {
    io.out(`${safeJson({ version: 1, ref, environments: found, records }, 2)}\n`)
    return code
  }
  for (const one of found) io.out(block(io, loaded, one))
  io.out(records.length === 0 ? 'no record of it in the audit log\n' : 'last records\n')
  for (const text of logTable(records, io.columns)) io.out(text)
  if (agent !== undefined) return code
  io.err(`hint: \`${io.program} secrets history ${ref}\` asks its provider for the versions\n`)
  return code
}

/** The one that was asked for; else every one that the config states. */
function environmentsOf({ config }: LoadedConfig, asked: string | undefined): string[] {
  if (asked !== undefined) return [asked]
  return [...new Set([homeEnvironment(config), ...Object.keys(config.environments ?? {})])]
}

function block(io: Io, loaded: LoadedConfig, known: KnownRef): string {
  const { ref, environment, route, holders, credential } = known
  const lines: [string, string][] = route.chain.map((step, i) => [
    `provider ${i + 1}`,
    `${step.provider}: ${stepInWords(io, loaded, step)}`,
  ])
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
  const width = Math.max(...lines.map(([label]) => label.length)) + 2
  const text = lines.map(([label, words]) => `  ${label.padEnd(width)}${printable(words)}\n`)
  return `${printable(`"${ref}" in environment ${environment}`)}\n${text.join('')}\n`
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
