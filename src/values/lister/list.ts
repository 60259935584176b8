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
import { PROVIDERS } from '../providers/registry.generated.ts'

/** Never throws for a provider's fault, and says nothing of what it said. */
export async function listStore({ provider: name, type, options }: Store): Promise<Listing> {
  const load = Object.hasOwn(PROVIDERS, type) ? PROVIDERS[type] : undefined
  if (load === undefined) return { outcome: 'unlisted' }
  const signal = AbortSignal.timeout(LIST_TIMEOUT_MS)
  const context = { name, signal, now: () => new Date(), spend: () => true, env: new Map() }
  const late = Promise.withResolvers<Listing>()
  signal.addEventListener('abort', () => late.resolve({ outcome: 'refused', code: 'TIMEOUT' }))
  let session: Session | undefined
  try {
    session = await (await load()).open(options, context)
    if (session.list === undefined) return { outcome: 'unlisted' }
    return await Promise.race([namesOf(session.list('')), late.promise])
  } catch (error) {
    const code = error instanceof SecretRefError ? error.code : 'PROVIDER_INVALID'
    return { outcome: 'refused', code }
  } finally {
    await session?.close()
  }
}

async function namesOf(entries: ReturnType<NonNullable<Session['list']>>): Promise<Listing> {
  const names: string[] = []
  let hidden = 0
  let more = 0
  for await (const { at } of entries) {
    const name = at.field ?? at.path
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
