/** A database's library is an optional peer: where it is not installed, the line that installs it is said. */
import { expect, test, vi } from 'vitest'
import { explainService } from '../../../../src/policy/explain-service.ts'
import { DRIVERS } from '../../../../src/values/rotator/drivers.ts'

for (const name of ['pg', 'mysql2/promise', '@redis/client']) {
  vi.doMock(name, () => {
    throw new Error(`Cannot find package '${name}'`)
  })
}

test.each([
  ['postgres', 'postgresql', 'pg'],
  ['postgres-users', 'postgresql', 'pg'],
  ['mysql', 'mysql', 'mysql2'],
  ['mysql-users', 'mysql', 'mysql2'],
  ['redis', 'redis', '@redis/client'],
])('%s', async (driver, scheme, library) => {
  const loaded = await DRIVERS[driver]?.()
  const signal = new AbortController().signal
  const issuer = await loaded?.open({ users: ['app', 'other'] }, { signal, now: () => new Date() })
  const made = await issuer?.choose?.({
    value: Buffer.from(`${scheme}://app:fake-word@127.0.0.1:1/db`),
  })
  expect(made).toEqual({ kind: 'refused', code: 'PROVIDER_UNSUPPORTED', reason: 'sdk-missing' })
  const { hint } = explainService({
    ref: 'db',
    driver,
    code: 'PROVIDER_UNSUPPORTED',
    reason: 'sdk-missing',
  })
  expect(hint).toBe(`run: npm install ${library}`)
})
