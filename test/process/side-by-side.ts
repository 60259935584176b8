/** Scenarios that mostly wait: they wait together. */
import { expect, test } from 'vitest'

/**
 * They are one test, because what a test leaves behind is removed when *it* has ended.
 *
 * @param skip where what they need is not there
 */
export function sideBySide(
  what: string,
  scenarios: Record<string, () => Promise<void>>,
  skip = false,
): void {
  test.skipIf(skip)(what, { timeout: 90_000 }, async () => {
    const failures: unknown[] = []
    await Promise.all(
      Object.entries(scenarios).map(async ([name, scenario]) => {
        await scenario().catch((error: unknown) => {
          failures.push(new Error(`${what}: ${name}`, { cause: error }))
        })
      }),
    )
    expect(failures).toEqual([])
  })
}
