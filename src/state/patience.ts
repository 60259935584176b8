/** Waits for another process to let go of a database, while ours goes on with everything else. */
import { setTimeout as wait } from 'node:timers/promises'
import { isBusy } from './failures.ts'

/** A transaction of ours takes milliseconds: whoever holds it for longer has been stopped, or hangs. */
const PATIENCE_MS = 2000
const STEP_MS = 25

/**
 * For connections with a short timeout of their own: SQLite's waiting stops the whole process.
 *
 * @param work does all or nothing
 * @throws what `work` throws; STATE_UNAVAILABLE where the database is held for longer
 */
export async function patiently<T>(work: () => T, patienceMs = PATIENCE_MS): Promise<T> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error
    }
    await wait(STEP_MS)
  }
}
