/** Disks as they are: full, limited, read-only. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { segmentsOf } from '../../src/audit/segments.ts'
import type { Home } from '../../src/state/home.ts'
import { homeOf } from '../../src/state/home.ts'
import { openLog, recordsIn, tempDir, tempHome, verify, writeLog } from '../audit/home.ts'
import { namespace } from './namespace.ts'
import { CLI } from './support.ts'

const WRITER = join(import.meta.dirname, 'audit-writer.ts')
const PREFIX = 'AUDIT_UNAVAILABLE the audit log cannot be used:'

/** Runs a shell script in which `writer ARGS…` is the writer; returns the lines that were said. */
function script(home: Home, text: string, wrapper: readonly string[] = []): string[] {
  const whole = `writer() { "$NODE" "$WRITER" "$@"; }\n${text}`
  const [program, ...args] = [...wrapper, '/bin/sh', '-ec', whole]
  const { stdout, stderr } = spawnSync(program, args, {
    env: {
      PATH: process.env['PATH'],
      NODE: process.execPath,
      WRITER,
      CLI,
      SECRETREF_HOME: home.dir,
    },
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

describe('a write that ends half way', () => {
  test('is taken back: the log ends with a whole record, and what fits is written later', () => {
    const home = tempHome()
    // Some 27 KB each, against a limit of 100 KB (or 200, where a block of this shell is 1 KB).
    const said = script(home, '(ulimit -f 200; writer a 1 20 64)\nwriter b 1 1')
    const acks = said.filter((line) => line.startsWith('ack a'))
    expect(acks.length).toBeGreaterThan(2)
    expect(said.slice(acks.length)).toEqual([
      `${PREFIX} a limit on the size of files is reached`,
      `${PREFIX} a limit on the size of files is reached`,
      `ack b-0-1 ${acks.length * 64 + 2}`,
    ])
    expect(recordsIn(home)).toHaveLength(acks.length * 64 + 2)
    expect(verify(home)).toMatchObject({ torn: 0, acknowledged: acks.length * 64 + 2 })
  })
})

describe('a full disk', () => {
  test('AUDIT_UNAVAILABLE, nothing torn; goes on when there is space again', (context) => {
    const wrapper = namespace(context, 'an audit log on a full disk')
    const home = tempHome()
    mkdirSync(home.dir)
    const kept = join(tempDir(), 'kept')
    const said = script(
      home,
      `mount -t tmpfs -o size=256k,mode=0700 none "$SECRETREF_HOME"
       head -c 65536 /dev/zero > "$SECRETREF_HOME/filler"
       writer a 1 50 32
       rm "$SECRETREF_HOME/filler"
       writer b 1 1 32
       cp -a "$SECRETREF_HOME" '${kept}'`,
      wrapper,
    )
    const acks = said.filter((line) => line.startsWith('ack a'))
    expect(acks.length).toBeGreaterThan(0)
    const rest = said.slice(acks.length).filter((line) => !line.startsWith('at close: '))
    expect(rest).toEqual([
      `${PREFIX} the disk is full`,
      `${PREFIX} the disk is full`,
      `ack b-0-1 ${acks.length * 32 + 2}`,
    ])
    const after = homeOf({ SECRETREF_HOME: kept })
    expect(recordsIn(after)).toHaveLength((acks.length + 1) * 32 + 1)
    expect(verify(after)).toMatchObject({ torn: 0, records: (acks.length + 1) * 32 + 1 })
    expect(verify(after).bad).toBeUndefined()
  })

  test('neither a new segment nor a checkpoint that does not fit loses anything', async (context) => {
    const wrapper = namespace(context, 'segments of an audit log on a full disk')
    const home = tempHome()
    mkdirSync(home.dir)
    const kept = join(tempDir(), 'kept')
    // Each batch is a segment of its own, and signed.
    const said = script(
      home,
      `mount -t tmpfs -o size=256k,mode=0700 none "$SECRETREF_HOME"
       head -c 65536 /dev/zero > "$SECRETREF_HOME/filler"
       echo '{"segment":{"bytes":4096},"checkpoint":{"records":32}}' > "$SECRETREF_HOME/audit.json"
       writer a 1 50 32
       rm "$SECRETREF_HOME/filler"
       writer b 1 3 32
       cp -a "$SECRETREF_HOME" '${kept}'`,
      wrapper,
    )
    const acks = said.filter((line) => line.startsWith('ack '))
    expect(said.filter((line) => line.startsWith('ack b'))).toHaveLength(3)
    const failures = said.filter((line) => line.startsWith(PREFIX))
    expect(failures).toEqual([`${PREFIX} the disk is full`, `${PREFIX} the disk is full`])
    const after = homeOf({ SECRETREF_HOME: kept })
    const records = recordsIn(after)
    for (const line of acks) {
      const [, name, seq] = /^ack (\S+) (\d+)$/.exec(line) ?? []
      expect(records[Number(seq) - 1]?.reason).toBe(name)
    }
    expect(verify(after)).toMatchObject({ torn: 0, acknowledged: records.length })
    expect(verify(after).bad).toBeUndefined()
    expect(segmentsOf(after).length).toBeGreaterThan(4)
    expect(await openLog(after).checkpoint()).toContain(`\n${records.length}\n`)
  })
})

describe('an archive on a disk that is almost full', () => {
  test.for([4, 8, 16, 64, 300])('with %i KiB left: done whole, or not begun', (free, context) => {
    const wrapper = namespace(context, 'an archive on a full disk')
    const home = tempHome()
    mkdirSync(home.dir)
    const kept = join(tempDir(), 'kept')
    const said = script(
      home,
      `mount -t tmpfs -o size=1m,mode=0700 none "$SECRETREF_HOME"
       writer a 1 2 8
       left=$(df --output=avail -k "$SECRETREF_HOME" | tail -1)
       head -c $(((left - ${free}) * 1024)) /dev/zero > "$SECRETREF_HOME/filler"
       "$NODE" "$CLI" log archive --yes 2>&1 || true
       rm "$SECRETREF_HOME/filler"
       writer b 1 1 8
       cp -a "$SECRETREF_HOME" '${kept}'`,
      wrapper,
    )
    expect(said.some((line) => line.startsWith('ack b-0-1'))).toBe(true)
    expect(verify(homeOf({ SECRETREF_HOME: kept })).bad).toBeUndefined()
  })
})

describe('a read-only file system', () => {
  const remount = `mount --bind "$SECRETREF_HOME" "$SECRETREF_HOME"
       mount -o remount,ro,bind "$SECRETREF_HOME"`

  test('AUDIT_UNAVAILABLE, also for root', async (context) => {
    const wrapper = namespace(context, 'an audit log on a read-only file system')
    const home = tempHome()
    await writeLog(home, 1)
    const before = statSync(home.auditLog).size
    expect(script(home, `${remount}\nwriter a 1 1`, wrapper)).toEqual([
      `${PREFIX} the file system is read-only`,
    ])
    expect(statSync(home.auditLog).size).toBe(before)
  })

  test('where no home can be made: AUDIT_UNAVAILABLE', (context) => {
    const wrapper = namespace(context, 'a home on a read-only file system')
    const parent = homeOf({ SECRETREF_HOME: tempDir() })
    const said = script(
      parent,
      `${remount}\nSECRETREF_HOME="$SECRETREF_HOME/new" writer a 1 1`,
      wrapper,
    )
    expect(said).toEqual([`${PREFIX} the file system is read-only`])
  })
})
