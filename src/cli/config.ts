/** `secretref config check | show | schema`. None of them starts anything, fetches or shows a value. */
import { dirname } from 'node:path'
import { agentsOf, providersOf, slotsOf } from '../config/accessors.ts'
import { checkConfig, textOf } from '../config/load.ts'
import {
  ConfigError,
  byPlace,
  problemsText,
  placeOf,
  shownKey,
  withShownKeys,
  type Finding,
} from '../config/problems.ts'
import { readConfig } from '../config/read.ts'
import { bindingPath } from '../config/rules/paths.ts'
import type { Config } from '../config/types.ts'
import { placeInWords, type Names } from '../plan/describe.ts'
import { askedEnvironment, settleEnvironment } from '../plan/environment.ts'
import { planner } from '../plan/plan.ts'
import type { Plan, PlannedBinding } from '../plan/types.ts'
import { safeJson } from '../printable.ts'
import { userHome } from '../state/home.ts'
import { placeFindings } from './config-places.ts'
import { programFindings } from './config-programs.ts'
import { printable, type Io } from './io.ts'
import { openConfig, sourceOf } from './open.ts'
import { table } from './table.ts'

export interface ConfigOptions {
  config?: string
  json?: true
}

/**
 * Every mistake and warning at once, each with its line; where the config loads, also every binding that
 * could not be served in the configured environment.
 * @returns 0 without mistakes, else 1
 */
export async function configCheck(io: Io, options: ConfigOptions): Promise<number> {
  const source = sourceOf(io, options.config)
  const { path, bytes } = readConfig(source)
  let findings: readonly Finding[]
  let summary = ''
  try {
    const { config, warnings } = await checkConfig(bytes, path, { now: io.now(), places: true })
    const where = { home: io.home, env: io.env, loaded: { dir: dirname(path) } }
    const planned = [
      ...unservedBindings(io, config, dirname(path)),
      ...placeFindings(config, where),
      ...(await programFindings(config)),
    ]
    findings = [...warnings, ...(await located(planned, textOf(bytes)))].toSorted(byPlace)
    summary = summaryOf(config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    findings = error.problems
  }
  const ok = findings.every(({ severity }) => severity === 'warning')
  if (options.json) {
    const problems = findings.map((finding) => ({ place: placeOf(finding.at), ...finding }))
    io.out(`${safeJson({ version: 1, ok, path, problems }, 2)}\n`)
  } else {
    io.out(problemsText(path, findings))
    if (ok) io.out(`ok: ${printable(path)}: ${summary}\n`)
  }
  return ok ? 0 : 1
}

/** What the config means once resolved: agents, bindings, and where each ref is looked for. */
export async function configShow(io: Io, options: ConfigOptions): Promise<number> {
  const { config, path, dir, hash } = await openConfig(io, options, { trusted: false })
  const plans = plansOf(io, config, dir)
  const environment = settleEnvironment(config, environmentAsked(io)).name
  if (options.json) {
    const providers = Object.fromEntries(
      [...providersOf(config)].map(([name, { type }]) => [name, { type }]),
    )
    const meaning = { version: 1, path, hash, environment, providers, agents: plans }
    io.out(`${safeJson(meaning, 2)}\n`)
    return 0
  }
  const head = [`config: ${path}`, `hash: sha256 ${hash}`, `environment: ${environment}`]
  if (plans.length === 0) head.push('no agents')
  io.out(head.map((line) => `${printable(line)}\n`).join(''))
  const names: Names = {
    providers: providersOf(config),
    folders: { configDir: dir, userHome: userHome(io.env) },
    secretsFiles: io.home.secretsFiles,
    store: io.home.store.path,
  }
  for (const plan of plans) io.out(`\n${agentText(config, plan, names)}`)
  return 0
}

/** The JSON Schema of the config, for editors. */
export async function configSchema(io: Io): Promise<number> {
  const { jsonSchema } = await import('../config/json-schema.ts')
  io.out(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return 0
}

function environmentAsked(io: Io): string | undefined {
  return askedEnvironment(undefined, io.env['SECRETREF_ENVIRONMENT'])
}

function plansOf(io: Io, config: Config, configDir: string): Plan[] {
  const environment = environmentAsked(io)
  const plans = planner({ config, configDir, userHome: userHome(io.env), environment })
  return plans.holders.map((agent) => plans.plan({ agent }))
}

function unservedBindings(io: Io, config: Config, configDir: string): Finding[] {
  const found = plansOf(io, config, configDir).flatMap(({ bindings }) =>
    bindings.flatMap((binding) => (binding.problem ? [{ binding, problem: binding.problem }] : [])),
  )
  return found.map(({ binding, problem }): Finding => {
    const { code, hint } = problem
    const at = bindingPath(config, binding)
    const message = withShownNames(problem.message, binding)
    const finding: Finding = { code, severity: 'error', at, message }
    if (hint !== undefined) finding.hint = withShownNames(hint, binding)
    return finding
  })
}

/** With the lines of what only shows where the config is looked at as a whole. */
async function located(findings: readonly Finding[], text: string): Promise<Finding[]> {
  if (findings.length === 0) return []
  const { readDocument } = await import('../config/document.ts')
  const document = readDocument(text, false)
  return findings.map((finding) => withShownKeys({ ...finding, ...document.placeOf(finding.at) }))
}

/** A plan speaks of a ref by its name, which may be a value that stands in the wrong place. */
function withShownNames(text: string, { ref, envVar }: PlannedBinding): string {
  return text.replaceAll(ref, shownKey(ref)).replaceAll(envVar, shownKey(envVar))
}

function summaryOf(config: Config): string {
  const agents = agentsOf(config)
  const bindings = [...agents.values()].reduce((sum, agent) => sum + slotsOf(agent).length, 0)
  return `${agents.size} ${agents.size === 1 ? 'agent' : 'agents'}, ${bindings} ${bindings === 1 ? 'binding' : 'bindings'}`
}

const HEADER = ['TOOL', 'SLOT', 'REF', 'VARIABLE', 'REQUIRED', 'LOOKED FOR IN']

function agentText(config: Config, { agent, bindings }: Plan, names: Names): string {
  const written = agentsOf(config).get(agent)
  const words = [`agent ${agent}`]
  if (written?.name !== undefined) words.push(`(${written.name})`)
  const lines = [words.join(' ')]
  if (written?.command !== undefined) lines.push(`command: ${written.command.join(' ')}`)
  if (written?.schedule !== undefined) {
    lines.push(`schedule: ${written.schedule} (${written.timezone ?? 'UTC'})`)
  }
  const head = lines.map((line) => `${printable(line)}\n`).join('')
  if (bindings.length === 0) return `${head}no bindings\n`
  return head + table([HEADER, ...bindings.map((binding) => rowOf(binding, names))])
}

function rowOf(binding: PlannedBinding, names: Names): string[] {
  const { tool, slot, ref, envVar, delivery, required, chain, problem } = binding
  const places = chain.map((step) => `${step.provider}: ${placeInWords(step, names)}`)
  return [
    tool,
    slot,
    ref,
    delivery === 'file' ? `${envVar}_FILE` : envVar,
    required ? 'yes' : 'no',
    problem === undefined ? places.join('; then ') : `nowhere: ${problem.message}`,
  ]
}
