/** Who holds a lock or a claim, as the databases name it: here, in another container, by an earlier version. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { elsewhere, holderLives, ourHolder } from '../../../src/gateway/live/holder.ts'
import { startTimeOf } from '../../../src/gateway/surroundings.ts'
import { openJournal } from '../../../src/rotation/journal.ts'
import { giveBack, takeHold } from '../../../src/rotation/lock.ts'
import { describeOnLinux } from '../../process/support.ts'
import { tempHome } from '../../state/folder.ts'

const KEY = { config: '/c', environment: 'default', ref: 'key' }

describeOnLinux('the lock of a ref', () => {
  test('of a process in another container is taken over when that shows no life any more', () => {
    const home = tempHome()
    const db = openJournal(home)
    const lives = (holder: Parameters<typeof holderLives>[1]): boolean => holderLives(home, holder)
    const there = { pid: process.pid, started: '123@17' }
    mkdirSync(home.live, { recursive: true, mode: 0o700 })
    const sign = join(home.live, `${process.pid}-123-17`)
    writeFileSync(sign, '')
    const theirs = takeHold(db, KEY, there, lives)
    expect(takeHold(db, KEY, ourHolder(home), lives)).toEqual({ heldBy: process.pid })
    const silent = Date.now() / 1000 - 181
    utimesSync(sign, silent, silent)
    const ours = takeHold(db, KEY, ourHolder(home), lives)
    expect(ours).toMatchObject({ fence: 2 })
    if ('heldBy' in theirs || 'heldBy' in ours) throw new Error('held')
    // It is ours by now, whatever the other one gives back.
    giveBack(db, theirs)
    expect(takeHold(db, KEY, there, lives)).toEqual({ heldBy: process.pid })
    db.close()
  })
})

describeOnLinux('a holder', () => {
  test('of before namespaces were noted goes by pid and start time', () => {
    const home = tempHome()
    expect(holderLives(home, { pid: process.pid, started: startTimeOf(process.pid) })).toBe(true)
    expect(holderLives(home, { pid: process.pid, started: undefined })).toBe(true)
    expect(holderLives(home, { pid: process.pid, started: '1' })).toBe(false)
  })

  test('elsewhere is named as its control socket is', () => {
    expect(elsewhere({ pid: 7, started: '123@17' })).toBe('7-17')
    const home = tempHome()
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    expect(elsewhere(ourHolder(home))).toBeUndefined()
  })
})
