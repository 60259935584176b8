/** Where checkpoints of the audit log are taken, and what the log's end says of that. Nothing is sent there. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import { nameOf } from '../../audit/anchor/publish.ts'
import { readCheckpoint } from '../../audit/checkpoints.ts'
import { openToRead } from '../../audit/file.ts'
import { parseCheckpoint, parseNote } from '../../audit/note.ts'
import { parseRecord } from '../../audit/read.ts'
import type { AuditRecord } from '../../audit/record.ts'
import { readSettings } from '../../audit/settings.ts'
import type { Home } from '../../state/home.ts'
import type { Io } from '../io.ts'
import { attention, none, type Finding } from './finding.ts'

/** Some hundred records: what an anchor did before that says little of today. */
const LOOK_BACK = 256 * 1024

/** Errors: as `readSettings` has them; a start would end by them. */
export function checkAnchors({ home, program }: Io): Finding[] {
  const { anchors } = readSettings(home)
  if (anchors.length === 0) {
    return [
      none('anchors', `none in ${home.auditSettings}: checkpoints are kept beside the log alone`),
    ]
  }
  const failures = lastFailures(home)
  const names = anchors.map(nameOf)
  const failed = names.flatMap((name): Finding[] => {
    const failure = failures.get(name)
    if (failure === undefined) return []
    const { time, reason = 'no cause is known' } = failure
    const hint = `mend it, then \`${program} log checkpoint\`; where more was signed since, compare what it holds with \`${program} log verify\``
    return [attention('anchors', `${name} failed last on ${time}: ${reason}`, hint)]
  })
  const others = names.filter((name) => !failures.has(name))
  if (others.length === 0) return failed
  return [...failed, none('anchors', `configured: ${others.join(', ')}`)]
}

/**
 * Of each anchor the last failure that the end of the log tells of. That one works is never recorded; a
 * later process that signed and told of no failure has reached it.
 */
function lastFailures(home: Home): Map<string, AuditRecord> {
  const records = endOf(home)
  const signed = signedSize(home)
  const failures = new Map<string, AuditRecord>()
  for (const record of records) {
    const name = record.detail?.['anchor']
    if (record.event === 'anchor.failed' && typeof name === 'string') failures.set(name, record)
  }
  for (const [name, { seq, actor }] of failures) {
    const outlived = records.some(
      (later) => later.seq > seq && later.seq <= signed && later.actor.pid !== actor.pid,
    )
    if (outlived) failures.delete(name)
  }
  return failures
}

function signedSize(home: Home): number {
  const note = readCheckpoint(home)
  return parseCheckpoint((note && parseNote(note)?.text) ?? '')?.size ?? 0
}

/** Whole records only. */
function endOf({ auditLog }: Home): AuditRecord[] {
  const fd = openToRead(auditLog)
  if (fd === undefined) return []
  try {
    const { size } = fstatSync(fd)
    const from = Math.max(0, size - LOOK_BACK)
    const bytes = Buffer.alloc(size - from)
    const read = readSync(fd, bytes, 0, bytes.length, from)
    return bytes
      .toString('utf8', 0, read)
      .split('\n')
      .flatMap((line) => parseRecord(Buffer.from(line)) ?? [])
  } finally {
    closeSync(fd)
  }
}
