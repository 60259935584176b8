/** What stands in braces in a recipe. Pure. */
import type { Verify } from './types.ts'

/** A word that is no placeholder of ours (GraphQL's `{ id }`) has spaces. */
export const PLACEHOLDER = /\{([A-Za-z][A-Za-z0-9_-]*)\}/

/** The names of what the call needs beside the credential itself, each once. Those in the host are none. */
export function companionsIn({ path, headers, basic, body }: Verify): readonly string[] {
  const templates = [path, ...Object.values(headers ?? {}), basic ?? '', body ?? '']
  // `split` with a group gives text and names in turn.
  const names = templates.flatMap((text) => text.split(PLACEHOLDER).filter((_, i) => i % 2 === 1))
  return [...new Set(names)].filter((name) => name !== 'value' && name !== 'path')
}
