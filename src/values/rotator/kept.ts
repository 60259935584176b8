/**
 * What a start has kept of the ref for an outage (`resilience.maxStale`) goes with a value that is replaced:
 * the one before is about to be ended, and nobody may be given it afterwards.
 */
import type { Outside } from '../../gateway/rotate/words.ts'
import { dropKept } from '../resolver/stale-files.ts'
import { wipe } from '../secret/bytes.ts'
import type { Done } from './done.ts'
import type { Work } from './work.ts'

/** @returns what is told of the action: that some of it is still there, where it is */
export async function droppedAfter(
  work: Pick<Work, 'order' | 'staging' | 'fingerprint'>,
  action: Outside,
  done: Done,
): Promise<Done> {
  const dropped =
    action === 'retire' && done.result === 'ok'
      ? await withoutEnded(work)
      : !mayHaveChanged(action, done) || dropKept(work.order)
  return dropped ? done : { ...done, undropped: true }
}

/**
 * What could not be undone yet changes nothing: the store may be down just now, and its last good value be
 * all that a start gets.
 */
function mayHaveChanged(action: Outside, { result }: Done): boolean {
  if (action === 'promote') return result === 'ok' || result === 'unknown'
  return action === 'discard' && result === 'ok'
}

/** By now every run that was given the old value has kept what it keeps. */
async function withoutEnded({
  order: { kept, provider, type, options, at, rotation },
  staging,
  fingerprint,
}: Pick<Work, 'order' | 'staging' | 'fingerprint'>): Promise<boolean> {
  if (kept === undefined) return true
  const staged = await staging.read(rotation.id)
  // It was read for the ending itself a moment ago.
  if (staged.kind !== 'staged' || staged.old === undefined) return false
  try {
    const { dropEnded } = await import('../resolver/stale.ts')
    return await dropEnded(fingerprint, { kept, provider, type, options, at }, staged.old.value)
  } finally {
    wipe(staged.old.value, staged.new?.value)
  }
}
