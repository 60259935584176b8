/** What an action works with, and how a value is kept before and after one is made. */
import type { RotationOrder } from '../../gateway/rotate/words.ts'
import type { Outcome, Session } from '../providers/contract.ts'
import type { Fingerprint } from '../resolver/metadata.ts'
import { wipe } from '../secret/bytes.ts'
import type { Input } from '../setter/input.ts'
import type { Admin } from './admin.ts'
import { described, failed, groundless, troubled, type Done } from './done.ts'
import type { Before, Credential, Issuer, Made } from './driver.ts'
import type { Staging } from './staging.ts'
import { isOne } from './spelling.ts'
import { isNamedByValue, STEPS, tellable } from './told.ts'

export interface Work {
  order: RotationOrder
  issuer: Issuer
  session: Session
  staging: Staging
  fingerprint: Fingerprint
  /** A creation was sent before, and what became of it is not known. */
  open: boolean
  /** By which the driver acts, where its config names one. */
  admin?: Pick<Admin, 'values'>
  /** A person brings the new value. */
  guided: boolean
  /** Reads it; there where a person is at hand. */
  input?: () => Promise<Input>
}

export interface Staged {
  old?: Credential
  new?: Credential
  /** What lived before a creation was sent. */
  before?: Before
  /** The old one was refused before anything was done. */
  dead?: true
  /** The new one may have been set. */
  sent?: true
  /** The service has said that it was. */
  set?: true
}

/** The value that is replaced, kept before anything is made: a provider may have no versions to find it in. */
export async function withCurrent(
  { order, session, staging }: Work,
  staged: Staged,
  use: (current: Credential) => Promise<Done>,
): Promise<Done> {
  if (staged.old !== undefined) return use(staged.old)
  const [outcome]: readonly Outcome[] = await session.get([order.at])
  if (outcome === undefined) return groundless
  if (outcome.kind !== 'value') return failed(outcome)
  try {
    if (outcome.meta.version !== order.from) return { result: 'refused', reason: 'current-changed' }
    const kept = await staging.keep(order.rotation.id, 'old', outcome)
    return kept === undefined ? await use({ value: outcome.value }) : failed(kept)
  } finally {
    wipe(outcome.value)
  }
}

/** Durable before control learns that it was made; one that was made and is not kept has to be looked for. */
export async function keep(
  { order, staging, fingerprint, admin }: Work,
  action: 'stage' | 'create',
  made: Made,
  current: Credential,
): Promise<Done> {
  if (made.kind !== 'made') return troubled(made)
  try {
    // Kept, the one that is in use would be ended as the new one. What was really made is found by its mark.
    if (isOne(made.value, current.value)) return notNew(order.driver.type, action)
    const values = [made.value, current.value, ...(admin?.values ?? [])]
    const { id, value } = made
    // What is rolled goes on, and without a name: by a wrong one an orphan would be told from it.
    const nameless =
      id !== undefined && order.rotation.class === 'roll' && isNamedByValue([id], values)
    const kept = await staging.keep(order.rotation.id, 'new', nameless ? { value } : made)
    if (kept !== undefined) return { ...failed(kept), result: 'unknown' }
    return tellable(order, action, described(made, fingerprint), values)
  } finally {
    wipe(made.value)
  }
}

function notNew(driver: string, action: 'stage' | 'create'): Done {
  const step = driver === 'exec' ? STEPS[action] : undefined
  return {
    result: 'refused',
    code: 'CREDENTIAL_REJECTED',
    reason: 'same-value',
    service: true,
    whose: 'new',
    ...(step && { program: { step } }),
  }
}
