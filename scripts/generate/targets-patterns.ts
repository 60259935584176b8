/**
 * src/targets/patterns.generated.ts: what credentials look like, without the rest of the catalogue. The
 * value wing reads it; only patterns that were seen in a source are in it, as nothing is named or refused
 * on the others.
 */
import type { Output } from '../generate.ts'
import { checkedTargets, treeOf } from './targets/catalogue.ts'
import { prefixesOf } from './targets/samples.ts'

/** What begins with less stands in too many places of a file: such a branch is not searched for. */
const SHORTEST_PREFIX = 3
const VAGUE = 'https://'

export async function generate(root: string): Promise<Output> {
  const forms: string[] = []
  const searched = new Map<string, { ids: string[]; prefixes: readonly string[] }>()
  for (const { id, pattern } of checkedTargets(root)) {
    if (pattern === undefined || pattern.confidence !== 'seen') continue
    forms.push(`  [${[id, pattern.strength, pattern.regex].map(quoted).join(', ')}],`)
    if (pattern.strength !== 'prefixed') continue
    const all = shortest(prefixesOf(treeOf(pattern)))
    const prefixes = all.filter((text) => text.length >= SHORTEST_PREFIX && text !== VAGUE)
    if (prefixes.length === 0) continue
    const body = pattern.regex.slice(1, -1)
    const rule = searched.get(body) ?? { ids: [], prefixes }
    rule.ids.push(id)
    searched.set(body, rule)
  }
  const rules = [...searched].map(
    ([body, { ids, prefixes }]) => `  [${list(ids)}, ${list(prefixes)}, ${quoted(body)}],`,
  )
  const content = `// Made by scripts/generate/targets-patterns.ts from src/targets/data. Do not edit.

/** Target, strength, pattern. */
export const FORMS: readonly (readonly [id: string, strength: 'prefixed' | 'shape', regex: string])[] = [
${forms.join('\n')}
]

/** Targets that share a form, texts of which one begins it, its pattern without anchors. */
export const SEARCHED: readonly (readonly [
  ids: readonly string[],
  prefixes: readonly string[],
  body: string,
])[] = [
${rules.join('\n')}
]
`
  return { path: 'src/targets/patterns.generated.ts', content }
}

/** Without those that begin with another. */
function shortest(prefixes: readonly string[]): string[] {
  const all = [...new Set(prefixes)].toSorted()
  return all.filter((prefix) => !all.some((other) => other !== prefix && prefix.startsWith(other)))
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function list(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`
}
