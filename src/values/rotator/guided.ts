/**
 * A value that a person brings. It is looked at, and its service asked, before it is kept: one that is not
 * taken leaves the rotation as it was, waiting for another.
 */
import type { InputFault } from '../../gateway/input/set-words.ts'
import type { FailureReason } from '../../policy/reasons.ts'
import { wipe } from '../secret/bytes.ts'
import { verified } from './asked.ts'
import { troubled, type Done } from './done.ts'
import type { Credential } from './driver.ts'
import { keep, withCurrent, type Staged, type Work } from './work.ts'

const FAULTS: Readonly<Record<InputFault, FailureReason>> = {
  empty: 'empty',
  'too-large': 'too-large',
  'many-lines': 'many-lines',
  control: 'control-character',
  unreadable: 'unreadable',
}

export async function takeBrought(work: Work, staged: Staged): Promise<Done> {
  const { input } = work
  if (input === undefined) return { result: 'waiting', reason: 'no-input' }
  return withCurrent(work, staged, async (current) => {
    const brought = await input()
    if (brought.kind === 'cancelled') return { result: 'waiting', reason: 'input-cancelled' }
    if (brought.kind === 'refused') {
      return { result: 'waiting', reason: FAULTS[brought.fault], whose: 'new' }
    }
    try {
      return await look(work, current, brought.value)
    } finally {
      wipe(brought.value)
    }
  })
}

async function look(work: Work, current: Credential, brought: Buffer): Promise<Done> {
  if (brought.equals(current.value)) {
    return { result: 'waiting', code: 'CREDENTIAL_REJECTED', reason: 'same-value', whose: 'new' }
  }
  const made = await work.issuer.create?.(work.order.rotation.id, current, brought)
  if (made === undefined) return { result: 'refused', code: 'INTERNAL' }
  if (made.kind !== 'made') return { ...troubled(made, 'new'), result: 'waiting' }
  const asked = await verified(work, made, current)
  if (asked.result === 'refused') {
    wipe(made.value)
    return { ...asked, result: 'waiting' }
  }
  // Where the service could not be asked it is kept, and asked about again.
  return keep(work, 'create', made, current)
}
