/** What the checkpoints of a log, or their absence, leave open, in words. Pure. */
import type { Notes } from '../audit/vouched.ts'
import type { Checked, Note } from './log-note.ts'

/** @param current false for a file that was named: no lock file vouches for it */
export function signatures(checked: Checked, current: boolean): Note[] {
  const { verdict, own, list, kept } = checked
  const notes: Note[] = []
  const { signed, disputed } = verdict.checkpoints
  if (own.checkpoints.length === 0 && (kept?.checkpoints.length ?? 0) === 0) {
    const what = current || kept ? 'no signed checkpoint is here' : 'nobody signed this file'
    const text = `${what}, so records that were rewritten together with their chain cannot be seen`
    notes.push({ kind: 'unsigned', text })
  }
  notes.push(...missing(checked), ...unknown(checked))
  notes.push(...spoilt(own, "of the log's own list", "the log's own list of checkpoints"))
  if (kept !== undefined) notes.push(...spoilt(kept, 'that you kept', 'what you kept'))
  if (list.torn) {
    const text =
      'the list of checkpoints ends with less than a whole one; the next one takes its place'
    notes.push({ kind: 'torn', text })
  }
  if (!accuses(checked)) {
    for (const { size } of disputed) {
      const text = `a checkpoint of ${size} records, not signed with the key that was given, does not fit the log: whoever could write to its file may have made it`
      notes.push({ kind: 'disputed', text })
    }
  }
  notes.push(...notCompared(checked))
  const last = verdict.last?.seq ?? 0
  if (signed > 0 && signed < last) {
    notes.push({
      kind: 'not-signed-yet',
      text: `no checkpoint covers what follows record ${signed} yet; \`secretref log checkpoint\` signs it`,
    })
  }
  return notes
}

/**
 * Whether a checkpoint by an unknown key that does not fit accuses the log. Not where a key was given, and
 * one that it signed, and that was kept elsewhere, fits: anybody who can append to that file can add one.
 */
export function accuses({ keys, kept, verdict }: Checked): boolean {
  const { signed, elsewhere } = verdict.checkpoints
  const usable = kept?.checkpoints.some(({ known }) => known) === true
  return !(keys.from === 'given' && usable && signed > 0 && elsewhere > 0)
}

/** What the lock file, and the files of checkpoints, say of each other. */
function missing({ list, lockSigned }: Checked): Note[] {
  const { newest, listed } = list
  const notes: Note[] = []
  const add = (text: string): void => void notes.push({ kind: 'checkpoints-missing', text })
  const known = Math.max(newest ?? 0, listed ?? 0)
  if (lockSigned !== undefined && known < lockSigned) {
    add(
      `the lock file says that ${lockSigned} records were signed, and ${known === 0 ? 'no checkpoint is here' : `the newest checkpoint here is of ${known}`}: newer ones were removed, or older files put back`,
    )
    return notes
  }
  if (lockSigned === undefined && listed === undefined) return notes
  const other = Math.max(lockSigned ?? 0, newest ?? 0)
  if (newest === undefined && lockSigned !== undefined) {
    add('the file of the newest checkpoint, audit.checkpoint, is gone or is none')
  }
  if ((listed ?? 0) < other) {
    add(
      `the list of checkpoints, audit.checkpoints, ${listed === undefined ? 'is gone or holds none' : `ends with one of ${listed} records`}, and one of ${other} was signed: its end was cut off, or an older one put back`,
    )
  }
  return notes
}

function unknown({ verdict, keys, own, kept }: Checked): Note[] {
  const notes: Note[] = []
  const { foreign, strange } = verdict.checkpoints
  // Those of other logs are told as such.
  const all = [...own.checkpoints, ...(kept?.checkpoints ?? [])]
  const others = all.filter(({ known }) => !known).length - strange
  if (others > 0) {
    const why =
      keys.from === 'nowhere'
        ? 'no key is known here; give the public key with --key'
        : 'they are signed with another key'
    const text = `the signature of ${count(others, 'checkpoint')} could not be checked: ${why}`
    notes.push({ kind: 'unknown-key', text })
  }
  if (foreign > 0) {
    const text = `${count(foreign, 'checkpoint')} that you kept are of other logs: if those were archived, verify the archives against them; else this log took the place of another`
    notes.push({ kind: 'other-logs', text })
  }
  return notes
}

function notCompared({ verdict, start }: Checked): Note[] {
  const { skipped } = verdict.checkpoints
  if (skipped === 0) return []
  const why =
    start.range === undefined
      ? `record ${start.seq + 1} is not the first of a segment, so the tree is not known there`
      : 'their records are not here'
  const text = `${count(skipped, 'checkpoint')} could not be compared: ${why}`
  return [{ kind: 'not-compared', text }]
}

function spoilt({ forged, unreadable }: Notes, which: string, where: string): Note[] {
  const notes: Note[] = []
  if (forged > 0) {
    const text = `a signature of ${count(forged, 'checkpoint')} ${which} names the key and is not by it`
    notes.push({ kind: 'forged', text })
  }
  if (unreadable > 0) {
    const text = `${count(unreadable, 'piece')} of ${where} cannot be read; a writer was killed, or somebody changed it`
    notes.push({ kind: 'unreadable', text })
  }
  return notes
}

function count(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${n} ${what}s`
}
