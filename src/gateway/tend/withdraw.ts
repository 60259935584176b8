/** What a new config takes from an agent that runs is revoked, as if its provider had done it. */
import type { Entry } from '../../audit/record.ts'
import { SecretRefError } from '../../errors.ts'
import type { Denial } from '../../policy/decide.ts'
import { tell } from './change.ts'
import type { Held, Received, Tended } from './held.ts'
import { revocations, takeBack } from './revoke.ts'
import type { OnChange } from './settings.ts'

export interface Withdrawal {
  /** To be durable before `act`. */
  entries: readonly Entry[]
  /** @returns true where the agent must not go on: it requires what it may have no longer */
  act(): boolean
}

/** Of a run that has just been given them. */
export function holding(received: readonly Received[], readAt: Date): Held[] {
  return received.map((one) => ({
    ...one,
    inFile: one.fetched.fingerprint,
    readAt,
    unread: false,
    suspect: false,
    gone: false,
  }))
}

/** @param denials about what the run holds; what it has lost already is passed over */
export function withdrawal(
  tended: Tended,
  onChange: OnChange,
  held: readonly Held[],
  denials: readonly Denial[],
): Withdrawal {
  const revoked = denials.flatMap((decision) => {
    const { envVar } = decision.binding
    const one = held.find(({ binding, gone }) => binding.envVar === envVar && !gone)
    return one === undefined ? [] : [{ held: one, result: { binding: one.binding, decision } }]
  })
  return {
    entries: revocations(tended, revoked),
    act: () => {
      if (revoked.length === 0) return false
      // With the run's end its leases end too.
      if (takeBack(tended, revoked) === 'all') return true
      void endLeases(
        tended,
        revoked.map(({ held: { binding } }) => binding.envVar),
      )
      tell(tended, onChange)
      return false
    },
  }
}

/** A variable cannot be taken from an agent; what it holds can end all the same. */
async function endLeases({ leases, plan, say }: Tended, envVars: readonly string[]): Promise<void> {
  try {
    await leases.releaseOf(envVars)
  } catch (error) {
    // Tried again by the next start: it is not on record as ended.
    const what =
      error instanceof SecretRefError ? `${error.message} [${error.code}]` : String(error)
    say('error', `${plan.agent}: the end of a lease is not on record: ${what}`)
  }
}
