/** What a log that is no damage leaves open, in words. Pure. */
import type { Archived, ArchiveState } from '../audit/archived.ts'
import type { AuditRecord } from '../audit/record.ts'
import type { Verdict } from '../audit/verify.ts'

export interface Note {
  kind: 'lock-missing' | 'recovered' | 'archived' | 'archive-missing' | 'no-head' | Harmless
  /** The record that it is about. */
  seq?: number
  text: string
}
/** Does not count for `--strict`. */
type Harmless = 'torn' | 'time-goes-back' | 'not-current'

const HARMLESS: ReadonlySet<Note['kind']> = new Set(['torn', 'time-goes-back', 'not-current'])

/** True where records may be missing that nobody can miss, or where the log was begun anew. */
export function isDoubt({ kind }: Note): boolean {
  return !HARMLESS.has(kind)
}

/** The archive that the log follows, and how it was found. */
export interface Before {
  archived: Archived
  state: ArchiveState
}

/** @param current false for a file that was named: no lock file vouches for it */
export function notesOf(verdict: Verdict, before: Before | undefined, current: boolean): Note[] {
  const { torn, timeGoesBack, acknowledged } = verdict
  const notes = verdict.marks.map(noteOf)
  if (before?.state === 'missing' && before.archived.file !== 'missing') {
    const text = `the archive ${before.archived.file} is not there any more: what it said cannot be told here`
    notes.push({ kind: 'archive-missing', text })
  }
  if (torn > 0) {
    const text = `${torn} bytes behind the last record; the next start recovers them`
    notes.push({ kind: 'torn', text })
  }
  if (timeGoesBack.length > 0) {
    const text = `time goes back at record ${timeGoesBack.join(', ')}; was the clock set?`
    notes.push({ kind: 'time-goes-back', text })
  }
  if (!current) {
    const text =
      'no lock file vouches for the end of this file; where it was put aside, the log that was begun then does'
    notes.push({ kind: 'not-current', text })
  } else if (acknowledged === undefined) {
    const text = 'no acknowledged head is known, so a cut at the end cannot be seen'
    notes.push({ kind: 'no-head', text })
  }
  return notes
}

function noteOf({ seq, event, detail }: AuditRecord): Note {
  if (event === 'log.archived') {
    return { kind: 'archived', seq, text: `record ${seq}: ${archivedText(detail)}` }
  }
  if (event === 'log.recovered') {
    const text = `record ${seq}: ${detail?.['bytes']} bytes of an unfinished line were cut off before it; a writer was killed, the power failed, or somebody cut the log there`
    return { kind: 'recovered', seq, text }
  }
  const text = `record ${seq}: the lock file was missing at this start; whether records were cut before record ${seq} cannot be told from this log alone`
  return { kind: 'lock-missing', seq, text }
}

function archivedText(detail: AuditRecord['detail'] = {}): string {
  const { file, size, seq, acknowledged } = detail
  const known = acknowledged === undefined ? '' : `, and record ${acknowledged} was acknowledged`
  if (file === 'missing') return `this log was begun anew: the one before was gone${known}`
  const end = seq === undefined ? 'a last line that is no record' : `record ${seq} at its end`
  return `this log was begun anew: the one before was put aside as ${file}, ${size} bytes with ${end}${known}`
}
