/** The table of faults again, for what must not be done twice and for what is asked later on. */
import type { Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { packLease } from '../../../../src/values/providers/vault/lease.ts'
import { contextOf } from '../conformance.ts'
import { withstandsFaults, type HttpRig } from '../faults.ts'

const at = { path: 'creds/readonly' }
const env = new Map([['VAULT_TOKEN', Buffer.from('fake-token')]])
const ID = 'database/creds/readonly/fake-lease'
/** One that was made where this session asks. */
const leases = new WeakMap<Session, string>()

const open: HttpRig['open'] = async (address, timeoutMs, spend = () => true) => {
  const options = { address, timeoutMs, engine: 'dynamic' }
  const session = await provider.open(options, contextOf({ env, spend }))
  const place = { address: new URL(address), namespace: undefined }
  leases.set(session, packLease(place, ID, Buffer.from('fake-token')))
  return session
}

const inDoubt = { kind: 'unavailable', reason: 'lease-in-doubt' } as const

// Where no answer came there may be a credential: it is said, and not asked again.
withstandsFaults('vault, a read that makes a credential', {
  at,
  open,
  attempts: 1,
  means: {
    'a connection and then silence': { ...inDoubt, code: 'TIMEOUT' },
    'an answer that never ends': { ...inDoubt, code: 'TIMEOUT' },
    'a reset half way': inDoubt,
    'another protocol than HTTP, unasked': inDoubt,
  },
})

const ended: Promise<never> = Promise.reject(new Error('this session has no leases'))
ended.catch(() => {})

withstandsFaults('vault, renewing a lease', {
  at,
  open,
  ask: (session) => session.renew?.(leases.get(session) ?? '', 60) ?? ended,
})

withstandsFaults('vault, revoking a lease', {
  at,
  open,
  ask: (session) => session.revoke?.(leases.get(session) ?? '') ?? ended,
})
