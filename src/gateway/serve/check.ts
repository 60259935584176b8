/** Checks an agent without a command anew from time to time, so that a coming expiry is told before it comes. */
import type { Say } from '../result.ts'
import type { Clock } from '../schedule.ts'

const EVERY_MS = 3_600_000

/**
 * @param check does not reject
 * @returns when `signal` aborts; each sentence has been said once by then, however often it was found
 */
export async function checkAgainAndAgain(
  clock: Clock,
  say: Say,
  check: (news: Say) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const said = new Set<string>()
  const news: Say = (level, sentence, hint) => {
    if (said.has(sentence)) return
    said.add(sentence)
    say(level, sentence, hint)
  }
  while (!signal.aborted) {
    // Not all at once: a thousand agents would ask their providers in the same second.
    await clock.wait(EVERY_MS * (0.9 + Math.random() * 0.2), signal)
    if (!signal.aborted) await check(news)
  }
}
