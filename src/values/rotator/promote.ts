/** The new value becomes what the ref holds, where that still is the value that it replaces. */
import { wipe } from '../secret/bytes.ts'
import { stillTaken } from './asked.ts'
import { readCurrent } from './current.ts'
import { failed, groundless, type Done } from './done.ts'
import type { Credential } from './driver.ts'
import type { Work } from './work.ts'

/** Of a place that others write to all the time, where it is ours to write for a moment only. */
const MOST_WRITES = 5

/**
 * Compare and set. A store may give one version to several values (a file of many, the fields of one path):
 * where another one of them was changed, the version is a new one and the value is still the old one.
 */
export async function promoted(
  work: Work,
  { old, new: fresh }: { old: Credential; new: Credential },
): Promise<Done> {
  const { order, session, fingerprint } = work
  if (session.put === undefined) return groundless
  const [was, is] = [fingerprint(old.value), fingerprint(fresh.value)]
  let expect = order.from
  let tried = false
  for (let writes = 0; writes < MOST_WRITES; writes += 1) {
    const current = await readCurrent(work)
    if (current.kind !== 'value') return failed(current)
    const there = fingerprint(current.value)
    const { version } = current.meta
    wipe(current.value)
    // The answer to an earlier try was lost.
    if (there === is) return { result: 'ok', replaced: was, ...(version && { version }) }
    if (there !== was || version === undefined) return { result: 'conflict' }
    expect = version
    if (!tried) {
      const taken = await stillTaken(work, fresh)
      if (taken.result !== 'ok') return taken
      tried = true
    }
    const put = await session.put(order.at, fresh.value, {
      expect,
      // The same value again is the same write; another one, after this was undone, is not.
      operation: `${order.rotation.id} ${is} ${expect}`,
    })
    if (put.kind === 'written') return { result: 'ok', replaced: was, version: put.version }
    if (put.kind === 'unknown') return { result: 'unknown' }
    if (put.kind !== 'conflict') return failed(put)
  }
  return { result: 'unavailable' }
}
