/** Targets: that each is one of the catalogue, and that a base URL is one that a value may go to. Pure. */
import { baseUrlOf } from '../../targets/destination.ts'
import { agentsOf, placedRefs } from '../accessors.ts'
import { invalid, type At } from '../problems.ts'
import { didYouMean, type Patience } from '../suggest.ts'
import type { Config, Problem } from '../types.ts'
import { agentPath } from './paths.ts'

/** The driver of what no driver is named for. */
const BY_A_PERSON = 'guided'

/** The names of the catalogue are loaded only where a config says one. */
export async function judgeTargets(config: Config, patience: Patience): Promise<Problem[]> {
  const services = [...namedServices(config)]
  const targets = [...statedTargets(config), ...rotatedTargets(config)]
  if (services.length === 0 && targets.length === 0) return []
  const { idsOfService, serviceWords } = await import('../../targets/infer.ts')
  const words = serviceWords()
  const unknown = (name: string, at: At, what: string): Problem => {
    const hint = didYouMean(name, words, patience)
    return invalid(at, what, hint ?? '`secretref targets list` shows them all')
  }
  const problems: Problem[] = []
  for (const { service, at } of services) {
    if (idsOfService(service).length > 0) continue
    problems.push(unknown(service, at, 'the catalogue has no target of this name'))
  }
  for (const { id, baseUrl, at } of targets) {
    const kinds = idsOfService(id)
    if (!kinds.includes(id)) problems.push(notOne(at, kinds) ?? unknown(id, at, NO_ID))
    if (baseUrl === undefined || baseUrlOf(baseUrl) !== undefined) continue
    problems.push(
      invalid(
        [...at, 'baseUrl'],
        'credentials are not sent to such an address',
        'write https://HOST, or http://127.0.0.1:PORT for a server on this machine; no user, no query',
      ),
    )
  }
  return problems
}

const NO_ID = 'the catalogue has no target of this id'

/** A service's name, where one of its kinds must be said. */
function notOne(at: At, kinds: readonly string[]): Problem | undefined {
  if (kinds.length === 0) return undefined
  return invalid(at, NO_ID, `this service has: ${kinds.join(', ')}`)
}

/** Those of every environment, each with its place. */
function* statedTargets(
  config: Config,
): Generator<{ id: string; baseUrl?: string | undefined; at: At }> {
  for (const [id, { baseUrl }] of Object.entries(config.targets ?? {})) {
    yield { id, baseUrl, at: ['targets', id] }
  }
  for (const [environment, { targets }] of Object.entries(config.environments ?? {})) {
    for (const [id, { baseUrl }] of Object.entries(targets ?? {})) {
      yield { id, baseUrl, at: ['environments', environment, 'targets', id] }
    }
  }
}

/** What the driver `guided` is told that a ref is a credential of. */
function* rotatedTargets(config: Config): Generator<{ id: string; baseUrl?: undefined; at: At }> {
  for (const { entry, at } of placedRefs(config)) {
    const { rotate } = entry
    const { driver = BY_A_PERSON, service } = rotate ?? {}
    if (driver !== BY_A_PERSON || typeof service !== 'string') continue
    yield { id: service, at: [...at, 'rotate', 'service'] }
  }
}

function* namedServices(config: Config): Generator<{ service: string; at: At }> {
  for (const [name, agent] of agentsOf(config)) {
    for (const [tool, binding] of Object.entries(agent['tool-bindings'] ?? {})) {
      const at = [...agentPath(config, name), 'tool-bindings', tool]
      const { service: whole } = binding
      if (whole !== undefined) yield { service: whole, at: [...at, 'service'] }
      for (const [slot, { service }] of Object.entries(binding.credentials)) {
        if (service !== undefined) {
          yield { service, at: [...at, 'credentials', slot, 'service'] }
        }
      }
    }
  }
}
