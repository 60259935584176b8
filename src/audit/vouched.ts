/** What a file of checkpoint notes vouches for, and by whose signature. Pure. */
import {
  notesIn,
  parseCheckpoint,
  parseNote,
  signatureOf,
  signaturesBy,
  type Checkpoint,
  type Note,
  type VerifierKey,
} from './note.ts'

export interface Vouched extends Checkpoint {
  /** True for one that was kept outside of the log's folder. */
  elsewhere: boolean
  /** False where nobody knows the key: then it can accuse the log, and not vouch for it. */
  known: boolean
}

export interface Notes {
  checkpoints: readonly Vouched[]
  /** Notes of which a signature names the key and is not by it. */
  forged: number
  /** Pieces that are no checkpoint. */
  unreadable: number
}

/** The key that is to have signed a checkpoint of this origin; undefined where none is known. */
export type KeyFor = (origin: string) => VerifierKey | undefined

/**
 * A good signature counts, whatever stands beside it: anybody who can append to the file can put a bad
 * one behind it.
 */
export function checkpointsIn(notes: Iterable<string>, keyFor: KeyFor, elsewhere: boolean): Notes {
  const checkpoints: Vouched[] = []
  let forged = 0
  let unreadable = 0
  for (const text of notes) {
    const note = parseNote(text)
    const checkpoint = note && parseCheckpoint(note.text)
    if (note === undefined || checkpoint === undefined) {
      unreadable += 1
      continue
    }
    const key = keyOf(checkpoint, keyFor)
    const { good, bad } = key === undefined ? NONE : signaturesBy(note, key)
    if (bad > 0) forged += 1
    if (good > 0 || bad === 0) checkpoints.push({ ...checkpoint, elsewhere, known: good > 0 })
  }
  return { checkpoints, forged, unreadable }
}
const NONE = { good: 0, bad: 0 }

export interface Newest {
  note: string
  checkpoint: Checkpoint
}

/** Of those that a known key signed, the one of most records. */
export function newestOf(notes: readonly string[], keyFor: KeyFor): Newest | undefined {
  let newest: Newest | undefined
  for (const text of notes) {
    const note = parseNote(text)
    const checkpoint = note && parseCheckpoint(note.text)
    if (note === undefined || checkpoint === undefined) continue
    if (newest !== undefined && checkpoint.size < newest.checkpoint.size) continue
    if (signedBy(note, checkpoint, keyFor) === 'good') newest = { note: text, checkpoint }
  }
  return newest
}

export function signedBy(
  note: Note,
  checkpoint: Checkpoint,
  keyFor: KeyFor,
): 'good' | 'bad' | 'none' {
  const key = keyOf(checkpoint, keyFor)
  return key === undefined ? 'none' : signatureOf(note, key)
}

/** A key signs as the log that it is of. */
function keyOf({ origin }: Checkpoint, keyFor: KeyFor): VerifierKey | undefined {
  const key = keyFor(origin)
  return key?.name === origin ? key : undefined
}

/** In a line of a system log; what stands around it is that log's. */
const IN_LINE = /\bcheckpoint size=\d{1,16} note=([A-Za-z0-9+/]*=*)/g
/** A line that was one of a note. Others are no concern of ours where a system log was kept. */
const REMNANT = /^— |secretref\/[0-9a-f]{16}$/m

/**
 * The notes that an anchor kept, each once: one after the other, and those in lines of a system log; a
 * file may hold both. Pieces that are no note are among them.
 */
export function notesKept(text: string): Iterable<string> {
  const inLines = new Set<string>()
  for (const [, note = ''] of text.matchAll(IN_LINE)) {
    const pieces = notesIn(Buffer.from(note, 'base64').toString())
    for (const piece of pieces.length === 0 ? [note] : pieces) inLines.add(piece)
  }
  const pieces = notesIn(text)
  if (inLines.size === 0) return new Set(pieces)
  const ours = pieces.filter((piece) => parseNote(piece) !== undefined || REMNANT.test(piece))
  return new Set([...inLines, ...ours])
}
