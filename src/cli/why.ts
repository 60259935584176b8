/** `secretref why`: what an agent would get, by which rule, and what would happen if not. Asks nobody. */
import { providersOf } from '../config/accessors.ts'
import { MONITOR } from '../config/monitor.ts'
import { placeOf } from '../config/problems.ts'
import { bindingPath } from '../config/rules/paths.ts'
import type { Config, LoadedConfig } from '../config/types.ts'
import { placeInWords, type Names } from '../plan/describe.ts'
import { askedEnvironment } from '../plan/environment.ts'
import { planner } from '../plan/plan.ts'
import { statedTarget } from '../plan/target.ts'
import type { Plan, PlannedBinding } from '../plan/types.ts'
import { decide, type Decision } from '../policy/decide.ts'
import { dayOf } from '../policy/expiry.ts'
import { safeJson } from '../printable.ts'
import { userHome } from '../state/home.ts'
import { printable, type Io } from './io.ts'
import { ruleInWords, rulesOf, type ShownRule } from './rotation-words.ts'

export interface WhyOptions {
  loaded: LoadedConfig
  agent?: string | undefined
  /** Left out: every binding of the agent. */
  secretsRef?: readonly string[] | undefined
  environment?: string | undefined
  secretsProvider?: string | undefined
  json?: boolean | undefined
}

/**
 * Prints one block for each binding, and one for each ref that the agent is not bound to.
 * @returns 0 where everything asked about is granted, else 1
 * @throws {SecretRefError} AGENT_UNKNOWN, ENVIRONMENT_UNKNOWN, USAGE
 */
export function why(io: Io, options: WhyOptions): number {
  const { loaded, agent, secretsProvider, secretsRef } = options
  const folders = { configDir: loaded.dir, userHome: userHome(io.env) }
  const environment = askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT'])
  const { config } = loaded
  const planned = planner({ config, ...folders, environment })
  const plan = planned.plan({ agent, secretsProvider })
  const ruleOf = rulesOf(config, planned, environment)
  const asked = (ref: string): boolean => secretsRef === undefined || secretsRef.includes(ref)
  const providers = providersOf(config)
  const decisions = decide(plan, { now: io.now(), strict: false, providers }).filter(
    ({ binding }) => asked(binding.ref),
  )
  const bound = new Set(plan.bindings.map(({ ref }) => ref))
  const unbound = [...new Set(secretsRef)].filter((ref) => !bound.has(ref))
  const names = {
    providers,
    folders,
    secretsFiles: io.home.secretsFiles,
    store: io.home.store.path,
  }
  if (options.json === true) {
    io.out(`${safeJson(asJson(plan, decisions, unbound, { config, ruleOf }), 2)}\n`)
  } else {
    const blocks = [
      ...decisions.map((decision) => block(plan, decision, names, { config, ruleOf })),
      ...unbound.map((ref) => unboundBlock(plan, ref)),
    ]
    const none = `${plan.agent} is bound to nothing`
    io.out(`${blocks.length === 0 ? none : blocks.map(textOf).join('\n\n')}\n`)
  }
  return unbound.length === 0 && decisions.every(({ allow }) => allow) ? 0 : 1
}

interface Block {
  title: string
  lines: readonly (readonly [label: string, text: string])[]
}

function textOf({ title, lines }: Block): string {
  const width = Math.max(...lines.map(([label]) => label.length)) + 2
  return [
    printable(title),
    ...lines.map(([label, text]) => `  ${label.padEnd(width)}${printable(text)}`),
  ].join('\n')
}

interface About {
  config: Config
  ruleOf: (ref: string) => ShownRule | undefined
}

function block(plan: Plan, decision: Decision, names: Names, { config, ruleOf }: About): Block {
  const rule = ruleOf(decision.binding.ref)
  const { binding, allow, code, message, hint, warnings } = decision
  const { agent, tool, ref, envVar } = binding
  const key = placeOf(bindingPath(config, binding))
  const listed =
    plan.capabilities === undefined
      ? `agent "${agent}" has no capabilities, so no tool is left out`
      : `tool "${tool}" is among the capabilities of "${agent}"`
  return {
    title: `"${ref}" as ${envVar} for ${agent}: ${allow ? 'granted' : `denied (${code})`}`,
    lines: [
      ['bound at', key],
      ...(allow ? ([['rule', listed]] as const) : ([['rule', message]] as const)),
      ...(hint === undefined ? [] : ([['hint', hint]] as const)),
      ['environment', plan.environment],
      ['points from', routeInWords(binding, plan.environment)],
      ...binding.chain.map(
        (step, i) =>
          [`provider ${i + 1}`, `${step.provider}: ${placeInWords(step, names)}`] as const,
      ),
      ...(binding.chain.length === 0 ? [] : consequences(binding)),
      ...(agent === MONITOR ? [] : [['required', requiredInWords(binding)] as const]),
      ...(agent === MONITOR ? [] : [['on failure', ON_FAILURE[binding.onFailure]] as const]),
      ['target', targetInWords(binding, plan, config)],
      ['delivery', agent === MONITOR ? 'none: alerts are sent with it' : deliveryInWords(binding)],
      ['expires', expiryInWords(binding)],
      ...(rule === undefined ? [] : [['rotation', ruleInWords(rule)] as const]),
      ...warnings.map((warning) => ['warning', warning.message] as const),
    ],
  }
}

function requiredInWords({ required }: PlannedBinding): string {
  return required ? 'yes: without it nothing starts' : 'no: the run starts without it'
}

function deliveryInWords({ delivery, envVar }: PlannedBinding): string {
  return delivery === 'file' ? `file, its path in ${envVar}_FILE` : 'variable'
}

const ON_FAILURE: Readonly<Record<PlannedBinding['onFailure'], string>> = {
  'deny-and-log': 'deny-and-log: it is recorded',
  'deny-and-alert': 'deny-and-alert: it is recorded and an alert is raised',
}

function routeInWords({ route, ref }: PlannedBinding, environment: string): string {
  const gateway = ['openclaw', 'gateway', 'secrets']
  const words: Readonly<Record<PlannedBinding['route'], string>> = {
    environment: placeOf(['environments', environment, 'secrets', ref]),
    refMap: placeOf([...gateway, 'refMap', ref]),
    'active-provider': placeOf([...gateway, 'active-provider']),
    'only-provider': 'the only provider under secrets.providers',
    'command-line': '--secrets-provider, for this run',
    none: 'nowhere',
  }
  return words[route]
}

function consequences({ agent, chain, fallbackOn, required }: PlannedBinding): [string, string][] {
  const run = required ? 'nothing starts' : 'the run starts without it'
  const end = agent === MONITOR ? 'its alerts wait' : run
  const outcome = (goesOn: boolean): string =>
    goesOn && chain.length > 1
      ? `the next one is asked, which is recorded; after the last: ${end}`
      : `final: ${end}`
  return [
    ['if unavailable', outcome(fallbackOn.includes('unavailable'))],
    ['if not there', outcome(fallbackOn.includes('not-found'))],
    ['if denied', `final, no other provider is asked: ${end}`],
  ]
}

const TARGET_BY: Readonly<Record<NonNullable<PlannedBinding['targetBy']>, string>> = {
  service: 'by its service',
  variable: 'by the name of its variable',
  ref: 'by the name of its ref',
}

/** Where another server takes the place of the service's own, that is no detail. */
function targetInWords(
  { target, targetBy }: PlannedBinding,
  { environment }: Plan,
  config: Config,
): string {
  if (targetBy === undefined) return `${target}, by the tool's name alone: nobody is asked`
  const { baseUrl, at, misplaced } = statedTarget(config, environment, target) ?? {}
  const instead = baseUrl === undefined ? '' : `; asked at ${baseUrl} by ${at}`
  const words = misplaced ? '; not asked: a base URL without TLS, not of this environment' : instead
  return `${target}, ${TARGET_BY[targetBy]}${words}`
}

function expiryInWords({ expiresAt }: PlannedBinding): string {
  return expiresAt === undefined
    ? 'not by the config; a date of the store counts'
    : `${dayOf(expiresAt)}, or earlier where the store says so`
}

function unboundBlock(plan: Plan, ref: string): Block {
  return {
    title: `"${ref}" for ${plan.agent}: denied (REF_NOT_BOUND)`,
    lines: [
      ['rule', 'an agent gets what its tool bindings name and nothing else; none names this ref'],
      ['hint', `add a credential with "secretRef": "${ref}" to a tool binding of ${plan.agent}`],
    ],
  }
}

function asJson(
  plan: Plan,
  decisions: readonly Decision[],
  unbound: readonly string[],
  { config, ruleOf }: About,
): object {
  return {
    version: 1,
    agent: plan.agent,
    environment: plan.environment,
    decisions: [
      ...decisions.map(({ binding, ...decision }) => {
        const stated = statedTarget(config, plan.environment, binding.target)
        const where = stated?.misplaced ? undefined : stated?.baseUrl
        const rotate = ruleOf(binding.ref)
        return {
          ...binding,
          ...(where === undefined ? {} : { baseUrl: where }),
          ...(rotate && { rotate }),
          ...decision,
        }
      }),
      ...unbound.map((ref) => ({
        agent: plan.agent,
        ref,
        allow: false,
        code: 'REF_NOT_BOUND',
        reason: 'not-bound',
        message: `agent "${plan.agent}" has no tool binding for ref "${ref}"`,
        warnings: [],
      })),
    ],
  }
}
