/** For what only some machines can show. */
import type { TestContext } from 'vitest'

export const isRoot = process.geteuid?.() === 0

/** One line that cannot be missed, for a test that is about to be skipped. */
export function loudly(what: string, why: string): void {
  process.stderr.write(`\nSKIPPED: ${what}: ${why}\n`)
}

export function skipLoudly(context: TestContext, what: string, why: string): never {
  loudly(what, why)
  context.skip(why)
}
