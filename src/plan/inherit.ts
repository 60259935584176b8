/** Which variables of its caller an agent gets. Names in, names out; no value is looked at. Pure. */
import { agentsOf, fileVariableOf, providersOf, type Withheld } from '../config/accessors.ts'
import type { Config } from '../config/types.ts'
import {
  CREDENTIAL_VARIABLES,
  PASSED_VARIABLES,
  isCredentialName,
  matchesVariable,
} from '../config/variables.ts'
import type { Plan } from './types.ts'

/** Ours that pass, so that a `secretref run` inside the agent finds the same home and config. */
const OURS_PASSED = new Set(['SECRETREF_HOME', 'SECRETREF_CONFIG'])

/**
 * What the shell that starts an agent sets, changes or has read-only: it cannot be handed on as it is,
 * and with bash as `sh` an `export UID=…` ends the whole script. Sources: POSIX "Shell Variables", the
 * manuals of bash and mksh. (`refusalOf` refuses more as `envVar`; a caller's own PS1 or BASH_ENV is
 * the caller's.)
 */
const SHELLS_OWN = new Set(
  (
    'IFS OPTIND OPTARG OPTERR ENV PS4 PWD OLDPWD SHLVL _ PPID UID EUID GROUPS LINENO RANDOM SRANDOM ' +
    'SECONDS EPOCHSECONDS EPOCHREALTIME PGRP KSHUID KSHEGID KSHGID KSH_VERSION SHELLOPTS BASH ' +
    'BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_COMMAND ' +
    'BASH_EXECUTION_STRING BASH_LINENO BASH_REMATCH BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO ' +
    'BASH_VERSION DIRSTACK FUNCNAME PIPESTATUS PIPE_STATUS HISTCMD COMP_WORDBREAKS'
  ).split(' '),
)

/** POSIX: what a shell can export; any other name cannot be handed on. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/

export interface InheritInput {
  config: Config
  withheld: Withheld
  /** The start that is planned: what it delivers and reads under other names is withheld too. */
  plan: Plan
  /** Names of the gateway's own variables. */
  names: Iterable<string>
  /** `--pristine`, and always under `gateway run`. */
  pristine: boolean
  /** Variables that an enclosing run delivered to our caller: a parent's, never ours. */
  fromParent: readonly string[]
}

/**
 * The names that pass, in the order given. Without `pristine`: all, minus what is withheld. With it:
 * `PASSED_VARIABLES` and the agent's `inheritEnv`, minus what is withheld all the same.
 */
export function inheritedNames(input: InheritInput): string[] {
  const { config, withheld, plan, pristine } = input
  const ofThisStart = startVariables(config, plan, input.fromParent)
  const wanted = new Set(agentsOf(config).get(plan.agent)?.inheritEnv)
  const prefixes = [...withheld.prefixes, ...ofThisStart.prefixes]
  const passes = (name: string): boolean => {
    if (OURS_PASSED.has(name)) return true
    if (!IDENTIFIER.test(name) || SHELLS_OWN.has(name) || name.startsWith('SECRETREF_'))
      return false
    if (withheld.names.has(name) || ofThisStart.names.has(name)) return false
    if (prefixes.some((prefix) => matchesVariable(prefix, name))) return false
    return !pristine || wanted.has(name) || isPassed(name)
  }
  return [...input.names].filter(passes)
}

/** `--env` renames, and `--secrets-provider` may ask a provider that the config does not speak of. */
function startVariables(config: Config, plan: Plan, fromParent: readonly string[]): Withheld {
  const names = new Set<string>()
  for (const name of fromParent) names.add(name).add(fileVariableOf(name))
  const providers = providersOf(config)
  for (const { envVar, chain } of [...plan.bindings, ...plan.skipped]) {
    names.add(envVar).add(fileVariableOf(envVar))
    for (const { provider, at } of chain) {
      const type = providers.get(provider)?.type ?? provider
      if (type === 'env') names.add(at.path)
      for (const pattern of CREDENTIAL_VARIABLES[type] ?? []) names.add(pattern)
    }
  }
  return { names, prefixes: [...names].filter((name) => name.endsWith('*')) }
}

function isPassed(name: string): boolean {
  return PASSED_VARIABLES.some((pattern) => matchesVariable(pattern, name))
}

/** Of the names that pass, those that look like a credential, for one line on a terminal. */
export function credentialLike(names: readonly string[]): string[] {
  return names.filter(isCredentialName)
}
