/** Whole rotations in this process: the real journal, store and actions, and a service of test/fakes/issuer.ts. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { drive } from '../../../src/gateway/rotate/engine.ts'
import type { Outside } from '../../../src/gateway/rotate/words.ts'
import { beginRotation, openJournal } from '../../../src/rotation/journal.ts'
import { takeHold } from '../../../src/rotation/lock.ts'
import type { Rotation } from '../../../src/rotation/types.ts'
import type { Home } from '../../../src/state/home.ts'
import type { Session } from '../../../src/values/providers/contract.ts'
import { provider } from '../../../src/values/providers/store.ts'
import { act } from '../../../src/values/rotator/act.ts'
import { Staging } from '../../../src/values/rotator/staging.ts'
import type { Work } from '../../../src/values/rotator/work.ts'
import { fingerprinter } from '../../../src/values/secret/fingerprint.ts'
import { issuerOf } from '../../fakes/issuer-driver.ts'
import { newIssuer, type IssuerState } from '../../fakes/issuer.ts'
import { tempHome } from '../../state/folder.ts'

const KEY = { config: '/c', environment: 'default', ref: 'key' }
const AT = { path: 'key' }
const signal = new AbortController().signal

export class Inside {
  readonly service: IssuerState
  readonly #home: Home
  readonly #session: Session
  #hours = 0

  private constructor(home: Home, session: Session, service: IssuerState) {
    this.#home = home
    this.#session = session
    this.service = service
  }

  static async make(kind: IssuerState['class'], about: Partial<IssuerState>): Promise<Inside> {
    const home = tempHome()
    mkdirSync(home.dir, { mode: 0o700, recursive: true })
    const session = await provider.open(home.store, {
      name: 'store',
      signal,
      now: () => new Date(),
      spend: () => true,
      env: new Map(),
    })
    const first = kind === 'slots' ? 'user1:fake-first' : 'fake-first'
    await session.put?.(AT, Buffer.from(first), { expect: 'absent', operation: 'first' })
    return new Inside(home, session, { ...newIssuer(kind, first), ...about })
  }

  async current(): Promise<{ value: string; version: string | undefined }> {
    const [outcome] = await this.#session.get([AT])
    if (outcome?.kind !== 'value') throw new Error('nothing is there')
    return { value: outcome.value.toString(), version: outcome.meta.version }
  }

  /** Works at it until it stops; an hour passes between two calls, for us and for the service. */
  async attempt(): Promise<Rotation> {
    this.#hours += 1
    this.service.clock += 60
    const now = (): Date => new Date(Date.now() + this.#hours * 3_600_000)
    const db = openJournal(this.#home)
    const hold = takeHold(db, KEY, { pid: process.pid, started: '1' }, () => false)
    if ('heldBy' in hold) throw new Error('held')
    const kind = this.service.class
    const begun = beginRotation(
      db,
      hold,
      { class: kind, driver: 'exec', place: '', from: '1' },
      now(),
    )
    const { dir, keys, store, fingerprintKey } = this.#home
    const place = { path: join(dir, 'rotations.age'), identity: join(keys, 'rotation.key') }
    const work: Work = {
      order: {
        v: 1,
        rotation: { id: begun.id, class: kind },
        driver: { type: 'exec', options: {} },
        provider: 'store',
        type: 'store',
        options: store,
        at: AT,
        givenUp: [],
        from: '1',
        staging: place,
        fingerprintKey,
      },
      issuer: issuerOf(this.service),
      session: this.#session,
      staging: new Staging(place, now),
      fingerprint: fingerprinter(fingerprintKey),
      open: false,
      guided: false,
    }
    try {
      return await drive(
        {
          db,
          hold,
          now,
          outside: async (action: Outside, { open }) => ({
            did: action,
            ...(await act({ ...work, open }, action)),
          }),
          distribute: async () => 'ok',
          mustWait: () => false,
          record: async () => {},
          signal,
        },
        begun,
      )
    } finally {
      db.close()
    }
  }
}
