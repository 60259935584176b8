/**
 * What a start has kept of the ref for an outage (`resilience.maxStale`) goes with a value that is replaced:
 * the one before is about to be ended, and nobody may be given it afterwards.
 */
import type { Outside, RotationOrder } from '../../gateway/rotate/words.ts'
import { dropKept } from '../resolver/stale-files.ts'
import type { Done } from './done.ts'

/** @returns what is told of the action: that some of it is still there, where it is */
export function droppedAfter(order: RotationOrder, action: Outside, done: Done): Done {
  if (!mayHaveChanged(action, done)) return done
  return dropKept(order) ? done : { ...done, undropped: true }
}

/**
 * What could not be undone yet changes nothing: the store may be down just now, and its last good value be
 * all that a start gets.
 */
function mayHaveChanged(action: Outside, { result }: Done): boolean {
  if (action === 'promote') return result === 'ok' || result === 'unknown'
  return action === 'discard' && result === 'ok'
}
