/** For what only some machines can show. */
import type { TestContext } from 'vitest'

export const isRoot = process.geteuid?.() === 0

/** Skips the test, with one line that cannot be missed. */
export function skipLoudly(context: TestContext, what: string, why: string): never {
  process.stderr.write(`\nSKIPPED: ${what}: ${why}\n`)
  context.skip(why)
}
