/** The table of faults for what a person asks of a KV engine: its names, its versions, one of them again. */
import type { Session } from '../../../../src/values/providers/contract.ts'
import { provider } from '../../../../src/values/providers/vault.ts'
import { contextOf } from '../conformance.ts'
import { listed, withstandsFaults, type HttpRig } from '../faults.ts'

const at = { path: 'a' }
const env = new Map([['VAULT_TOKEN', Buffer.from('fake-token')]])

const rig: HttpRig = {
  at,
  absent: { status: 403, body: '{"errors":[]}', kind: 'denied' },
  open: (address, timeoutMs, spend = () => true) =>
    provider.open({ address, timeoutMs }, contextOf({ env, spend })),
}

function has<T>(answer: Promise<T> | undefined): Promise<T> {
  if (answer === undefined) throw new Error('it cannot do that')
  return answer
}

withstandsFaults('vault, a list', { ...rig, ask: listed, wordless: true })

withstandsFaults('vault, a history', {
  ...rig,
  ask: (session: Session) => has(session.history?.(at)),
})

withstandsFaults('vault, the read before an older version is stored anew', {
  ...rig,
  ask: (session: Session) => has(session.promote?.(at, '2', '1')),
})
