/** The credential by which a driver acts, with a lease of its own: it has an owner for as long as it is used. */
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { abandonedLeases, leasePlace, ownedBy } from '../../../src/gateway/lease/place.ts'
import { withAdmin } from '../../../src/values/rotator/admin.ts'
import { fakeVault } from '../../fakes/vault.ts'
import { tempHome } from '../../state/folder.ts'

const MINUTE_MS = 60_000

test('another container takes no lease for left behind that a rotator acts by, however long', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const fake = await fakeVault({})
  const home = tempHome()
  mkdirSync(home.leases, { recursive: true, mode: 0o700 })
  const tokenFile = join(home.dir, 'token')
  writeFileSync(tokenFile, 'fake-token', { mode: 0o600 })
  const path = '/fake/config.json'
  const loaded = { path, dir: '/fake', config: {}, hash: '', owner: 0, found: false, warnings: [] }
  const { at, key } = ownedBy(leasePlace({ home, loaded }, 'rotation-1a'), process.pid)
  // As one of another container names it, whose pid is not seen here.
  const elsewhere = join(dirname(at), basename(at).replace(/^[^.]+/, '7-123-1'))
  const place = {
    provider: 'vault',
    type: 'vault',
    options: { address: fake.url, engine: 'dynamic', auth: { method: 'token', tokenFile } },
    at: { path: 'creds/dba', field: 'password' },
    leases: { at: elsewhere, key },
  }
  const leftBehind = (): number => abandonedLeases({ home, loaded }).length
  let used = false
  await withAdmin(place, async (admin) => {
    expect(admin).toMatchObject({ value: Buffer.from('fake-word-1') })
    const [name = ''] = readdirSync(home.leases)
    const silent = Date.now() / 1000 - 181
    utimesSync(join(home.leases, name), silent, silent)
    expect(leftBehind()).toBe(1)
    vi.advanceTimersByTime(MINUTE_MS)
    await expect.poll(leftBehind).toBe(0)
    used = true
  })
  expect(used).toBe(true)
  expect(fake.requests.at(-1)).toContain('/v1/sys/leases/revoke')
  expect(readdirSync(home.leases)).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
