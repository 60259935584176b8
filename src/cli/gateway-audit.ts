/** `secretref gateway audit --secrets`: what is wrong with the credentials of all agents. Shows no value. */
import pkg from '../../package.json' with { type: 'json' }
import { ConfigError, problemsText } from '../config/problems.ts'
import { SecretRefError } from '../errors.ts'
import { exitCode } from '../findings/exit.ts'
import type { AuditFacts } from '../findings/judge/facts.ts'
import { found, inOrder, type AuditFinding } from '../findings/judge/finding.ts'
import { judge } from '../findings/judge/judge.ts'
import { shownFinding } from '../findings/judge/shown.ts'
import { sarif } from '../findings/sarif.ts'
import { findingsText } from '../findings/text.ts'
import { FINDING_CODES } from '../findings/types.ts'
import { gather, type Gathered } from '../gateway/audit/gather.ts'
import { askedEnvironment } from '../plan/environment.ts'
import { safeJson } from '../printable.ts'
import { printable, type Io } from './io.ts'
import { sourceOf } from './open.ts'

export interface AuditOptions {
  config?: string
  secrets?: true
  unusedOnly?: true
  verbose?: true
  environment?: string
  /** Days. */
  expiring: number
  /** Days. */
  maxAge: number
  /** Days. */
  idle: number
  check?: true
  json?: true
  sarif?: true
}

/**
 * @returns 2 where something could not be resolved; else 1 where `--check` is set and something is worse
 *   than a note; else 0
 */
export async function gatewayAudit(io: Io, options: AuditOptions): Promise<number> {
  if (options.secrets !== true) {
    throw new SecretRefError('USAGE', 'gateway audit needs to know of what', {
      hint: `${io.program} gateway audit --secrets`,
    })
  }
  const { expiring, maxAge, idle, unusedOnly, check = false } = options
  const gathered = await gather({
    source: sourceOf(io, options.config),
    home: io.home,
    env: io.env,
    now: () => io.now(),
    environment: askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT']),
    limits: { expiring, maxAge, idle },
    values: unusedOnly !== true,
  })
  const { trouble } = gathered
  const all = findingsOf(gathered)
  const findings = unusedOnly ? all.filter(({ code }) => code === 'unused-ref') : all
  const unresolved =
    trouble !== undefined ||
    exitCode(findings, { check: false }) === 2 ||
    // A ref that points nowhere cannot be resolved either; in another environment it is a note.
    findings.some(({ code, severity }) => code === 'unknown-ref' && severity === 'error')
  const code = unresolved ? 2 : exitCode(findings, { check })
  if (options.json === true) {
    io.out(`${safeJson(asJson(gathered, findings, unresolved), 2)}\n`)
  } else if (options.sarif === true) {
    io.out(`${safeJson(sarif(findings, { version: pkg.version, root: io.cwd }), 2)}\n`)
  } else if (findings.length > 0) {
    io.out(findingsText(findings, { signs: io.signs, verbose: options.verbose === true }))
  } else if (trouble === undefined) {
    io.out(`${io.signs ? '✅' : '[ok]'} ${nothingFound(gathered, unusedOnly === true)}\n`)
  }
  if (trouble !== undefined) sayTrouble(io, trouble)
  return code
}

function sayTrouble(io: Io, trouble: SecretRefError): void {
  if (trouble instanceof ConfigError) io.err(problemsText(trouble.path, trouble.problems))
  const { message, hint } = trouble
  io.err(`${io.program}: note: no value was looked at: ${printable(message)}\n`)
  if (hint !== undefined) io.err(`hint: ${printable(hint)}\n`)
}

function findingsOf({ facts, notes, trouble }: Gathered): AuditFinding[] {
  const judged = judge(facts)
  const more = notes.map((note) => ({ ...note, subject: note.places[0]?.file ?? 'files' }))
  const stopped = trouble === undefined ? [] : [notFetched(facts, trouble)]
  return inOrder([...judged, ...more, ...stopped], FINDING_CODES).map(shownFinding)
}

/** One for everything that was not asked for. */
function notFetched(
  { bindings, config, environments }: AuditFacts,
  trouble: SecretRefError,
): AuditFinding {
  const refs = new Set(bindings.filter(({ covered }) => covered).map(({ binding }) => binding.ref))
  const { code, message, hint } = trouble
  return found({
    code: 'unresolved',
    subject: environments.length === 0 ? config : counted(refs.size, 'ref'),
    detail: code,
    message: `no value was looked at: ${message}`,
    places: [{ file: config }],
    ...(hint === undefined ? {} : { hint }),
  })
}

/** What was looked at, in numbers. */
function countsOf({
  facts,
  reads,
}: Gathered): Record<'agents' | 'refs' | 'stores' | 'reads', number> {
  const { agents, bindings, placed, stores } = facts
  const refs = new Set([
    ...bindings.map(({ binding }) => binding.ref),
    ...placed.map(({ ref }) => ref),
  ])
  const listed = stores.filter(({ outcome }) => outcome === 'listed')
  return { agents: agents.length, refs: refs.size, stores: listed.length, reads }
}

function nothingFound(gathered: Gathered, unusedOnly: boolean): string {
  const counts = countsOf(gathered)
  const notListed = gathered.facts.stores.length - counts.stores
  const words = [
    counted(counts.agents, 'agent'),
    counted(counts.refs, 'ref'),
    `${counted(counts.stores, 'store')} listed`,
    ...(unusedOnly && notListed > 0 ? [`${counted(notListed, 'provider')} not listed`] : []),
    ...(unusedOnly ? [] : [`${counted(counts.reads, 'value')} fetched`]),
  ]
  return `nothing ${unusedOnly ? 'unused' : 'found'}: ${words.join(', ')}`
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function asJson(
  gathered: Gathered,
  findings: readonly AuditFinding[],
  unresolved: boolean,
): object {
  const { facts, trouble } = gathered
  const summary: Record<string, number> = {}
  for (const { code } of findings) summary[code] = (summary[code] ?? 0) + 1
  const grave = exitCode(findings, { check: true }) !== 0
  return {
    version: 1,
    status: unresolved ? 'unresolved' : grave ? 'findings' : 'clean',
    summary,
    findings,
    notListed: facts.stores.flatMap((store) =>
      store.outcome === 'not-listed' ? [{ provider: store.provider, reason: store.reason }] : [],
    ),
    resolution: {
      environments: facts.environments,
      ...countsOf(gathered),
      complete: !unresolved,
      ...(trouble === undefined ? {} : { trouble: trouble.toJSON() }),
    },
  }
}
