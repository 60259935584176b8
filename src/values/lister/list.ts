/** The names in one store, as closed fields. */
import { looksLikeValue, NAME } from '../../config/names.ts'
import { SecretRefError } from '../../errors.ts'
import {
  LIST_TIMEOUT_MS,
  MAX_NAMES,
  type Listing,
  type Store,
} from '../../gateway/audit/listing.ts'
import { candidates } from '../../targets/detect.ts'
import { literalKind } from '../../targets/literals.ts'
import type { Session } from '../providers/contract.ts'
import { CallCount, withSession } from '../providers/session.ts'

/** Never throws for a provider's fault, and says nothing of what it said. */
export async function listStore(store: Store, gatewayPid?: number): Promise<Listing> {
  const { prefix = '', calls } = store
  const signal = AbortSignal.timeout(LIST_TIMEOUT_MS)
  const late = Promise.withResolvers<Listing>()
  signal.addEventListener('abort', () => late.resolve({ outcome: 'refused', code: 'TIMEOUT' }))
  const opening = { ...store, at: { path: prefix }, signal }
  const count = new CallCount(calls)
  const spent = () => (calls === undefined ? {} : { spent: count.spent })
  try {
    const listing = await withSession(
      gatewayPid === undefined ? opening : { ...opening, gatewayPid },
      async (session): Promise<Listing> => {
        if (session.list === undefined) return { outcome: 'unlisted' }
        return Promise.race([namesOf(session.list(prefix), prefix), late.promise])
      },
      count,
    )
    return { ...(listing ?? { outcome: 'unlisted' }), ...spent() }
  } catch (error) {
    const code = error instanceof SecretRefError ? error.code : 'PROVIDER_INVALID'
    return {
      outcome: 'refused',
      code,
      ...(count.exhausted ? { reason: 'calls' } : {}),
      ...spent(),
    }
  }
}

async function namesOf(
  entries: ReturnType<NonNullable<Session['list']>>,
  prefix: string,
): Promise<Listing> {
  const names: string[] = []
  let hidden = 0
  let more = 0
  for await (const { at } of entries) {
    const name = (at.field ?? at.path).slice(prefix.length)
    if (!isShown(name)) hidden += 1
    else if (names.length === MAX_NAMES) more += 1
    else names.push(name)
  }
  return { outcome: 'listed', names, hidden, more }
}

/** Somebody may have pasted a value where its name belongs. */
function isShown(name: string): boolean {
  return (
    NAME.test(name) &&
    !looksLikeValue(name) &&
    literalKind(name) === undefined &&
    candidates(name).length === 0
  )
}
