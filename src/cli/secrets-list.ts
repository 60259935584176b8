/** `secretref secrets list`: every ref the config knows, where it lies, who is bound to it, how it stands. */
import { askedEnvironment } from '../plan/environment.ts'
import { safeJson } from '../printable.ts'
import type { Io } from './io.ts'
import { rotationJson, underWayInShort } from './rotation-words.ts'
import {
  knownRefs,
  openKnown,
  stateInWords,
  stepInWords,
  worstOf,
  type Holder,
  type KnownRef,
} from './secrets-known.ts'
import { table } from './table.ts'

export interface SecretsListOptions {
  config?: string
  agent?: string
  environment?: string
  json?: true
}

/** More agents than this are counted. */
const LISTED_AGENTS = 3

/**
 * Asks no provider: what is shown is what the config says, and what happened last. An agent is shown
 * its own.
 */
export async function secretsList(io: Io, options: SecretsListOptions): Promise<number> {
  const environment = askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT'])
  const { loaded, parent } = await openKnown(io, options, environment)
  const refs = knownRefs(io, loaded, { agent: options.agent ?? parent?.agent, environment })
  if (options.json === true) {
    io.out(`${safeJson({ version: 1, refs: refs.map(asJson) }, 2)}\n`)
    return 0
  }
  if (refs.length === 0) {
    io.err(`${io.program}: no ref is bound or placed here\n`)
    return 0
  }
  const rows = refs.map((one) => {
    const [first] = one.route.chain
    const place = first === undefined ? '-' : stepInWords(io, loaded, first)
    return [one.ref, chainOf(one), place, one.environment, agentsOf(one.holders), stateOf(one)]
  })
  io.out(table([['REF', 'PROVIDER', 'PLACE', 'ENVIRONMENT', 'AGENTS', 'STATE'], ...rows]))
  return 0
}

function chainOf({ route }: KnownRef): string {
  return route.problem?.code ?? route.chain.map(({ provider }) => provider).join(', ')
}

function agentsOf(holders: readonly Holder[]): string {
  const names = [...new Set(holders.map(({ status }) => status.agent))]
  if (names.length === 0) return '-'
  return names.length > LISTED_AGENTS ? `${names.length} agents` : names.join(', ')
}

function stateOf({ holders, rotation }: KnownRef): string {
  const worst = worstOf(holders)
  const state = worst === undefined ? 'bound to nobody' : stateInWords(worst)
  const underWay = underWayInShort(rotation)
  return underWay === undefined ? state : `${state}; ${underWay}`
}

function asJson({ ref, environment, route, holders, rule, rotation: known }: KnownRef): object {
  const rotation = rotationJson(rule, known)
  return {
    ref,
    environment,
    chain: route.chain,
    ...(route.problem === undefined ? {} : { code: route.problem.code }),
    ...(rotation && { rotation }),
    holders: holders.map(({ status, grant }) => ({
      ...status,
      ...(grant && { at: grant.at }),
      ...(grant?.version === undefined ? {} : { version: grant.version }),
    })),
  }
}
