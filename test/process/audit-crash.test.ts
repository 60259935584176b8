/** Killed between any two steps of a roll or a checkpoint: the next to write takes it from there. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { archiveLog } from '../../src/audit/archive.ts'
import { closedAt, segmentsOf } from '../../src/audit/segments.ts'
import {
  entry,
  openLog,
  recordsIn,
  tempHome,
  verify,
  writeLog,
  writeSettings,
} from '../audit/home.ts'
import { trace } from './traced.ts'

const WRITER = join(import.meta.dirname, 'audit-writer.ts')

describe('kill -9', () => {
  /** Only calls on this file count. */
  const points: [what: string, file: string, call: string, when: number][] = [
    ['before the full segment is synced', 'audit.log', 'fdatasync', 5],
    ['when the next one is made', 'audit.log.next', 'openat', 1],
    ['before its first line is written', 'audit.log.next', 'write', 1],
    ['before that is synced', 'audit.log.next', 'fdatasync', 1],
    ['before the full one gets its name', 'audit.log', 'link', 1],
    ['between the two names', 'audit.log.next', 'rename', 1],
    ['before the folder is synced', '', 'fsync', 4],
    ['before a checkpoint is in the list', 'audit.checkpoints', 'write', 1],
    ['before the list is synced', 'audit.checkpoints', 'fdatasync', 1],
    ['before it is the newest', 'audit.checkpoint.new', 'rename', 1],
    ['before the second is the newest', 'audit.checkpoint.new', 'rename', 2],
  ]
  test.for(points)('%s', async ([, file, call, when], context) => {
    const home = tempHome()
    writeSettings(home, { checkpoint: { records: 8 }, segment: { bytes: 1024 } })
    const rules = [`trace=${call}`, `inject=${call}:signal=KILL:when=${when}`]
    const { said, calls } = trace(context, home, rules, [WRITER, 'a', '1', '20'], {
      paths: [join(home.dir, file)],
    })
    // It did happen, in the middle of the work.
    expect(calls.join('\n')).toContain('+++ killed by SIGKILL +++')
    expect(said.length).toBeGreaterThan(3)
    expect(said.length).toBeLessThan(20)

    await writeLog(home, 10)
    const records = recordsIn(home)
    expect(verify(home)).toMatchObject({ torn: 0, acknowledged: records.length })
    expect(verify(home).bad).toBeUndefined()
    for (const line of said) {
      const [, name, seq] = /^ack (\S+) (\d+)$/.exec(line) ?? []
      expect(records[Number(seq) - 1]?.reason).toBe(name)
    }
    expect(segmentsOf(home).length).toBeGreaterThan(2)
    // Signed to the end, and consistent: this start looks.
    const log = openLog(home)
    const [last] = await log.append([entry()])
    expect(await log.checkpoint()).toContain(`\n${last?.seq}\n`)
    await log.close()
  })
})

describe('kill -9 of an archive', () => {
  const SRC = join(import.meta.dirname, '../../src')
  const ARCHIVE = `
    const { archiveLog } = await import(${JSON.stringify(`${SRC}/audit/archive.ts`)})
    const { homeOf } = await import(${JSON.stringify(`${SRC}/state/home.ts`)})
    const actor = { type: 'user', id: 'a', pid: process.pid, uid: 0 }
    await archiveLog(homeOf(process.env), actor, new Date())`
  const points: [what: string, file: string, call: string][] = [
    ['before anything has its second name', 'audit.000000000001.log', 'link'],
    ['with some second names', 'audit.log', 'link'],
    ['before the new log is in place', 'audit.log.new', 'rename'],
    ['with the new log in place, and the old segments beside it', 'audit.checkpoint', 'unlink'],
    ['before the new head is stored', '', 'fsync'],
  ]
  test.for(points)(
    '%s: it can be done again, and nothing is lost',
    async ([, file, call], context) => {
      const home = tempHome()
      writeSettings(home, { segment: { bytes: 1024 } })
      await writeLog(home, 12)
      const before = recordsIn(home)
      const { calls } = trace(
        context,
        home,
        [`trace=${call}`, `inject=${call}:signal=KILL:when=1`],
        ['--input-type=module', '--eval', ARCHIVE],
        { paths: [join(home.dir, file)] },
      )
      expect(calls.join('\n')).toContain('+++ killed by SIGKILL +++')
      await archiveLog(home, entry().actor, new Date())
      await writeLog(home, 1)
      expect(verify(home).bad).toBeUndefined()
      expect(recordsIn(home)).toHaveLength(2)
      expect(closedAt(home.auditLog)).toEqual([])
      // Under the name of one of the two attempts lies the whole log.
      const archives = readdirSync(home.dir).filter((name) =>
        /^audit\.log\.\d{8}T\d{9}Z$/.test(name),
      )
      const whole = archives.map((name) => recordsIn({ auditLog: join(home.dir, name) }))
      expect(whole).toContainEqual(before)
    },
  )
})
