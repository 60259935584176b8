/**
 * Cuts what the schema refuses out of a document, so that the rest can be judged in the same run: every
 * mistake is to be reported at once, not one kind after the other.
 */
import { isConfig } from './check.generated.ts'
import { explain } from './explain.ts'
import { isNode, nodeAt } from './node.ts'
import type { At } from './problems.ts'
import { DEEPEST } from './survey.ts'
import type { Config, Problem } from './types.ts'

/**
 * @param tree stays as it is
 * @param problems what `explain` said about it
 * @returns the rest, a config; nothing where nothing useful is left
 */
export function prune(tree: unknown, problems: readonly Problem[]): Config | undefined {
  const rest: unknown = structuredClone(tree)
  let todo = problems
  // A cut may leave an object without a key that it must have, so it is looked at again, level by level.
  for (let round = 0; todo.length > 0; round++) {
    if (round === DEEPEST) return undefined
    // From the end, so that the paths of a list's earlier entries stay right.
    for (const { at } of todo.toReversed()) if (!cut(rest, at)) return undefined
    todo = explain(rest)
  }
  return isConfig(rest) ? rest : undefined
}

/** Removes the node at a path: a list goes as a whole, and an object that misses a key goes itself. */
function cut(tree: unknown, at: At): boolean {
  const parent = nodeAt(tree, at.slice(0, -1))
  const step = at.at(-1)
  if (step === undefined) return false
  if (!isNode(parent)) return true
  if (Array.isArray(parent) || !Object.hasOwn(parent, step)) return cut(tree, at.slice(0, -1))
  return delete parent[step]
}
