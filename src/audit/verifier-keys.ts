/** Which public key is to have signed a checkpoint: one that was given, else the one of this machine. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { SecretRefError } from '../errors.ts'
import type { Home } from '../state/home.ts'
import { openToRead } from './file.ts'
import { keyIn } from './signing-key.ts'
import { parseVerifierKey, verifierKey, type VerifierKey } from './note.ts'
import type { KeyFor } from './vouched.ts'

export interface Keys {
  from: 'given' | 'here' | 'nowhere'
  keyFor: KeyFor
}

/**
 * @param given a verifier key as text; left out: the key that signs the checkpoints of this home, which
 *   is not made where there is none. Errors: USAGE, AUDIT_UNAVAILABLE.
 */
export function keysOf(home: Home, given: string | undefined): Keys {
  if (given !== undefined) {
    const key = parseVerifierKey(given)
    if (key !== undefined) return { from: 'given', keyFor: () => key }
    throw new SecretRefError('USAGE', '--key is not a public key of checkpoints', {
      hint: '`secretref log key` prints it where the log is written: name+number+key, in quotes',
    })
  }
  const here = publicKeyOf(home.checkpointKey)
  if (here === undefined) return { from: 'nowhere', keyFor: () => undefined }
  let last: VerifierKey | undefined
  const keyFor = (origin: string): VerifierKey | undefined => {
    if (last?.name !== origin) last = parseVerifierKey(verifierKey(origin, here))
    return last
  }
  return { from: 'here', keyFor }
}

function publicKeyOf(path: string): KeyObject | undefined {
  const fd = openToRead(path)
  if (fd === undefined) return undefined
  return keyIn(
    fd,
    createPublicKey,
    `restore ${path} from a backup, or give the public key with --key`,
  )
}
