/**
 * One action at a time of one rotation, whoever asks for it. A rotator finishes what it is at when its
 * control dies; the next one must not begin before that. The kernel frees the lock of one that is killed.
 */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Outside, RotationOrder } from '../../gateway/rotate/words.ts'
import { alone } from '../store/file.ts'
import { failed, type Done } from './done.ts'

/** @returns `unavailable` where another one is still at it after five seconds: then nothing was done */
export async function inTurn(
  { rotation, staging }: Pick<RotationOrder, 'rotation' | 'staging'>,
  action: Outside,
  work: () => Promise<Done>,
): Promise<Done> {
  const path = join(dirname(staging.path), 'rotating', rotation.id)
  const done = await alone({ ...staging, path }, async () => {
    const became = await work()
    // Nothing is left of it to be done.
    if (action === 'confirm' && became.result === 'ok') rmSync(`${path}.lock`, { force: true })
    return became
  })
  return 'kind' in done ? failed(done) : done
}
