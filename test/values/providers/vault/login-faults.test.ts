/** The table of faults once more, for what is asked before the first read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { provider } from '../../../../src/values/providers/vault.ts'
import { contextOf } from '../conformance.ts'
import { withstandsFaults, type HttpRig } from '../faults.ts'

const folder = mkdtempSync(join(tmpdir(), 'secretref-login-'))
afterAll(() => rmSync(folder, { recursive: true }))
const jwtFile = join(folder, 'jwt')
writeFileSync(jwtFile, 'fake-jwt', { mode: 0o600 })

const env = new Map([
  ['VAULT_ROLE_ID', Buffer.from('fake-role')],
  ['VAULT_SECRET_ID', Buffer.from('fake-secret-id')],
])

function rig(auth: object): HttpRig {
  return {
    at: { path: 'a' },
    // No login is there: that says nothing of a ref.
    absent: { status: 404, body: '{"errors":[]}', kind: 'denied' },
    open: (address, timeoutMs, spend = () => true) =>
      provider.open({ address, timeoutMs, auth }, contextOf({ env, spend })),
  }
}

// A secret id may be good for one login: what may have been done is not done again.
withstandsFaults('vault, a login with a secret id', { ...rig({ method: 'approle' }), attempts: 1 })

withstandsFaults(
  'vault, a login with a token of Kubernetes',
  rig({ method: 'kubernetes', role: 'fake', jwtFile }),
)

withstandsFaults('vault, a wrapped secret id', rig({ method: 'approle', secretIdWrapped: true }))
