/** Finding one's way in a parsed document. Pure. */
import type { At } from './problems.ts'

export type Fields = Record<string | number, unknown>

/** An object or a list. */
export function isNode(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** What stands at a path, or `undefined` where nothing does. */
export function nodeAt(tree: unknown, at: At): unknown {
  let node = tree
  for (const step of at) {
    if (!isNode(node) || !Object.hasOwn(node, step)) return undefined
    node = node[step]
  }
  return node
}

/** The keys of the object at a path; none where there is no object. */
export function keysAt(tree: unknown, at: At): string[] {
  const node = nodeAt(tree, at)
  return isNode(node) && !Array.isArray(node) ? Object.keys(node) : []
}
