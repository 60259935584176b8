/** What an action works with, with an issuer that does as it is told. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { RotationOrder } from '../../../src/gateway/rotate/words.ts'
import type { Session } from '../../../src/values/providers/contract.ts'
import type { Issuer } from '../../../src/values/rotator/driver.ts'
import { Staging } from '../../../src/values/rotator/staging.ts'
import type { Work } from '../../../src/values/rotator/work.ts'

function fingerprint(value: Buffer): string {
  return value.toString('hex')
}

/** @param current what the ref holds */
export function workWith(
  issuer: Partial<Issuer>,
  current = () => 'fake-old',
): { work: Work; path: string } {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-act-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const place = { path: join(dir, 'rotations.age'), identity: join(dir, 'keys', 'rotation.key') }
  const order: RotationOrder = {
    v: 1,
    rotation: { id: 'r1', class: 'issued' },
    driver: { type: 'exec', options: {} },
    provider: 'store',
    type: 'store',
    options: {},
    at: { path: 'key' },
    givenUp: [],
    from: '1',
    staging: place,
    fingerprintKey: join(dir, 'keys', 'fingerprint.key'),
  }
  const session: Session = {
    get: async () => [{ kind: 'value', value: Buffer.from(current()), meta: { version: '1' } }],
    close: async () => {},
  }
  const whole: Issuer = {
    try: async () => ({ kind: 'valid', account: 'acct' }),
    close: async () => {},
    ...issuer,
  }
  const staging = new Staging(place, () => new Date())
  return {
    work: { order, issuer: whole, session, staging, fingerprint, guided: false, open: false },
    path: place.path,
  }
}
