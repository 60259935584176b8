/** What a log that is no damage leaves open, in words. Pure. */
import type { Mark } from '../audit/verify.ts'
import type { Checked, Note } from './log-note.ts'
import { signatures } from './log-signatures.ts'

/** @param current false for a file that was named: no lock file vouches for it */
export function notesOf(checked: Checked, { from }: { from?: number }, current: boolean): Note[] {
  const { verdict, before } = checked
  const { torn, timeGoesBack, acknowledged } = verdict
  const notes = [...beginning(checked, from), ...verdict.marks.map(noteOf)]
  if (verdict.moreMarks !== undefined) {
    const text = `${verdict.moreMarks} more records say such things of the log`
    notes.push({ kind: 'more', text })
  }
  if (before?.state === 'missing' && before.archived.file !== 'missing') {
    const text = `the archive ${before.archived.file} is not there any more, or a segment of it: what it said cannot be told here`
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
  return [...notes, ...signatures(checked, current)]
}

/** Records that were not looked at. */
function beginning({ start }: Checked, from: number | undefined): Note[] {
  if (start.seq === 0) return []
  const [earlier, are, were] =
    start.seq === 1 ? ['record 1', 'is', 'was'] : [`records 1 to ${start.seq}`, 'are', 'were']
  if (from !== undefined && from === start.seq + 1) {
    return [{ kind: 'from', text: `${earlier} ${were} not looked at` }]
  }
  const text = `${earlier} ${are} not here: older segments were moved away, or removed; verify a copy that has them`
  return [{ kind: 'segments-missing', text }]
}

function noteOf({ seq, event, detail }: Mark): Note {
  if (event === 'log.archived') {
    return { kind: 'archived', seq, text: `record ${seq}: ${archivedText(detail)}` }
  }
  if (event === 'log.recovered' && detail.checkpoint !== undefined) {
    const text = `record ${seq}: the file of the newest checkpoint, of ${detail.checkpoint} records, was gone, and was put back from the list of all; somebody removed it`
    return { kind: 'recovered', seq, text }
  }
  if (event === 'log.recovered') {
    const text = `record ${seq}: ${detail.bytes ?? 'some'} bytes of an unfinished line were cut off before it; a writer was killed, the power failed, or somebody cut the log there`
    return { kind: 'recovered', seq, text }
  }
  const text = `record ${seq}: the lock file was missing at this start; whether records were cut before record ${seq} cannot be told from this log alone`
  return { kind: 'lock-missing', seq, text }
}

function archivedText({ file, size, seq, acknowledged }: Mark['detail']): string {
  const known = acknowledged === undefined ? '' : `, and record ${acknowledged} was acknowledged`
  if (file === 'missing') return `this log was begun anew: the one before was gone${known}`
  const end = seq === undefined ? 'a last line that is no record' : `record ${seq} at its end`
  return `this log was begun anew: the one before was put aside as ${file ?? 'something'}, ${size ?? 'some'} bytes with ${end}${known}`
}
