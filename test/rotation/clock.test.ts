/** A clock on the wall that somebody sets, by days or by years: nothing is ended early, or waited for for ever. */
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { oldOneOf } from '../../src/gateway/rotate/old-one.ts'
import type { Subject } from '../../src/gateway/rotate/subjects.ts'
import { dueOf } from '../../src/rotation/due.ts'
import { beginRotation, openJournal, writeRotation } from '../../src/rotation/journal.ts'
import type { Journalled } from '../../src/rotation/journalled.ts'
import { takeHold } from '../../src/rotation/lock.ts'
import { next } from '../../src/rotation/machine.ts'
import { isPaused } from '../../src/rotation/pause.ts'
import { noteSeen, sinceOf } from '../../src/rotation/since.ts'
import type { Rotation } from '../../src/rotation/types.ts'
import { nextOpening, isOpen, parseWindow } from '../../src/rotation/window.ts'
import type { Home } from '../../src/state/home.ts'
import { describeOnLinux } from '../process/support.ts'
import { tempHome } from '../state/folder.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOON = Date.parse('2026-11-25T12:00:00Z')
const KEY = { config: '/c', environment: 'default', ref: 'key' }
const VALUE = { fingerprint: 'hmac-sha256:1' }

/** By how much the clock is wrong, from one look to the next. */
const wrong = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -2 * DAY, max: 2 * DAY }),
  fc.integer({ min: -4000 * DAY, max: 4000 * DAY }),
)
const at = (real: number, offset: number): Date => new Date(NOON + real + offset)

test('looked at each minute a pause is over in an hour, whatever has happened to the clock', () => {
  const failed = { action: 'verify', result: 'unavailable' } as const
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 11 }), wrong, wrong, (attempts, before, after) => {
      const rotation: Rotation = {
        id: '1',
        class: 'issued',
        step: 'retired',
        attempts,
        failures: 0,
        open: false,
        orphanPossible: false,
      }
      const paused = next(rotation, failed.action, failed.result, at(0, before))
      const looks = Array.from({ length: 62 }, (_, minute) => at(minute * MINUTE, after))
      expect(looks.some((now) => !isPaused(paused, now))).toBe(true)
      // Where nobody has set it, it is kept to the end.
      const { notBefore } = paused
      if (notBefore === undefined) return
      expect(isPaused(paused, new Date(notBefore.getTime() - 1))).toBe(true)
      expect(isPaused(paused, notBefore)).toBe(false)
    }),
  )
})

test('an age begins in any case, so that `every` comes', () => {
  const every = 30 * DAY
  fc.assert(
    fc.property(fc.array(wrong, { maxLength: 8 }), wrong, (looks, last) => {
      const db = openJournal(tempHome())
      const look = (now: Date): ReturnType<typeof dueOf> => {
        const since = sinceOf(db, KEY, VALUE, now) ?? noteSeen(db, KEY, VALUE, now)
        expect(since.at <= now).toBe(true)
        return dueOf({ every }, { createdAt: since.at }, now)
      }
      for (const [i, offset] of looks.entries()) look(at(i * HOUR, offset))
      const real = looks.length * HOUR
      const first = look(at(real, last))
      if (first.kind === 'later')
        expect(first.at.getTime()).toBeLessThanOrEqual(NOON + real + last + every)
      expect(look(at(real + every, last)).kind).toBe('due')
      db.close()
    }),
    { numRuns: 12 },
  )
})

test('a window opens where it says, whenever it is asked', () => {
  const window = parseWindow('Sun,Wed 02:00-05:00 Europe/Berlin')
  if (window === undefined) throw new Error('no window')
  fc.assert(
    fc.property(wrong, (offset) => {
      const now = at(0, offset)
      const opens = nextOpening(window, now)
      if (opens === undefined) throw new Error('it opens twice a week')
      expect(opens.getTime()).toBeGreaterThanOrEqual(now.getTime())
      expect(isOpen(window, opens)).toBe(true)
      const due = dueOf({ every: DAY, window }, { createdAt: new Date(now.getTime() - DAY) }, now)
      expect(due).toMatchObject({ kind: 'due', start: opens })
    }),
    { numRuns: 12 },
  )
})

interface Promoted {
  home: Home
  db: ReturnType<typeof openJournal>
  rotation: Journalled
}

function promotedAt(now: Date): Promoted {
  const home = tempHome()
  const db = openJournal(home)
  const hold = takeHold(db, KEY, { pid: 1, started: '1' }, () => false)
  if ('heldBy' in hold) throw new Error('held')
  const about = { class: 'issued', driver: 'exec', place: '', from: '1' } as const
  const begun = beginRotation(db, hold, about, now)
  writeRotation(db, hold, { ...begun, step: 'promoted' }, now)
  return { home, db, rotation: { ...begun, step: 'distributed', promotedAt: now } }
}

const GRACE = 2 * DAY
const subject: Subject = {
  ref: 'key',
  environment: 'default',
  rotate: { options: {}, grace: GRACE },
  driver: 'exec',
  class: 'issued',
  guided: false,
  options: {},
  step: { provider: 'store', at: { path: 'key' } },
  provider: { type: 'store', options: {} },
  targets: [],
  agents: [],
}

function mustWait({ home, db, rotation }: Promoted, now: Date): boolean {
  const loaded = {
    path: '/c',
    dir: '/',
    config: {},
    hash: '',
    owner: 0,
    found: false,
    warnings: [],
  }
  const gateway = { home, loaded, env: {} }
  return oldOneOf(gateway, db, subject, rotation).mustWait(now)
}

describeOnLinux('the grace of an old value', () => {
  test('is as long as it is, whatever the clock says', () => {
    const up = vi.spyOn(process.hrtime, 'bigint')
    const real = (ms: number): void => void up.mockReturnValue(BigInt(ms) * 1_000_000n)
    try {
      fc.assert(
        fc.property(wrong, fc.array(wrong, { minLength: 1, maxLength: 6 }), (first, offsets) => {
          real(DAY)
          const promoted = promotedAt(at(0, first))
          for (const [i, offset] of offsets.entries()) {
            const ms = Math.floor(((i + 1) * GRACE) / (offsets.length + 1))
            real(DAY + ms)
            expect(mustWait(promoted, at(ms, offset))).toBe(true)
          }
          real(DAY + GRACE)
          for (const offset of offsets) expect(mustWait(promoted, at(GRACE, offset))).toBe(false)
          promoted.db.close()
        }),
        { numRuns: 12 },
      )
    } finally {
      up.mockRestore()
    }
  })

  test('over a start of the system goes by the clock on the wall, and begins anew where that was set back', () => {
    const promoted = promotedAt(at(4000 * DAY, 0))
    promoted.db.prepare('UPDATE marks SET boot = ?').run('another.1')
    const up = vi.spyOn(process.hrtime, 'bigint')
    const real = (ms: number): void => void up.mockReturnValue(BigInt(ms) * 1_000_000n)
    try {
      expect(mustWait(promoted, at(4000 * DAY + GRACE - 1, 0))).toBe(true)
      expect(mustWait(promoted, at(4000 * DAY + GRACE, 0))).toBe(false)
      real(0)
      expect(mustWait(promoted, at(0, 0))).toBe(true)
      real(GRACE - 1)
      expect(mustWait(promoted, at(GRACE - 1, 0))).toBe(true)
      real(GRACE)
      expect(mustWait(promoted, at(GRACE, -DAY))).toBe(false)
    } finally {
      up.mockRestore()
    }
    promoted.db.close()
  })
})
