/**
 * src/targets/index.generated.ts: which variables and services name which targets. Every start may need
 * it, and none needs the whole catalogue; as text it costs nothing until it is parsed. Only variables
 * that were seen: a plan is made from them.
 */
import { serviceWord } from '../../src/targets/words.ts'
import type { Target } from '../../src/targets/types.ts'
import type { Output } from '../generate.ts'
import { checkedTargets } from './targets/catalogue.ts'

export async function generate(root: string): Promise<Output> {
  const targets = checkedTargets(root)
  const content = `// Made by scripts/generate/targets-index.ts from src/targets/data. Do not edit.

/** JSON: variable to the ids of the targets that it may hold, the usual one first; none where nobody can tell. */
export const VARIABLES = \`${lines(variablesOf(targets))}\`

/** JSON: a service as one word to the ids of its targets. */
export const SERVICES = \`${lines(servicesOf(targets))}\`
`
  return { path: 'src/targets/index.generated.ts', content }
}

function servicesOf(targets: readonly Target[]): Map<string, string[]> {
  const services = new Map<string, string[]>()
  for (const { id, service } of targets) {
    const word = serviceWord(service)
    services.set(word, [...(services.get(word) ?? []), id])
  }
  return services
}

function variablesOf(targets: readonly Target[]): Map<string, string[]> {
  const claims = new Map<string, { id: string; usual: boolean }[]>()
  for (const { id, env } of targets) {
    for (const { name, confidence, usual = false } of env) {
      if (confidence === 'seen') claims.set(name, [...(claims.get(name) ?? []), { id, usual }])
    }
  }
  const variables = new Map<string, string[]>()
  for (const [name, kinds] of claims) {
    const first = kinds.find(({ usual }) => usual) ?? (kinds.length === 1 ? kinds[0] : undefined)
    const others = kinds.filter((kind) => kind !== first)
    variables.set(name, first === undefined ? [] : [first, ...others].map(({ id }) => id))
  }
  return variables
}

/** One name a line, so that a change shows as one. */
function lines(names: ReadonlyMap<string, readonly string[]>): string {
  const entries = [...names].map(([name, ids]) => `${JSON.stringify(name)}:${JSON.stringify(ids)}`)
  return `{\n${entries.join(',\n')}\n}`
}
