/** What a file of checkpoint notes vouches for, and by whose signature. Pure. */
import {
  notesIn,
  parseCheckpoint,
  parseNote,
  signatureOf,
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
  /** Notes that name the key and are not signed by it. */
  forged: number
  /** Pieces that are no checkpoint. */
  unreadable: number
}

/** The key that is to have signed a checkpoint of this origin; undefined where none is known. */
export type KeyFor = (origin: string) => VerifierKey | undefined

export function checkpointsIn(notes: readonly string[], keyFor: KeyFor, elsewhere: boolean): Notes {
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
    const signature = signedBy(note, checkpoint, keyFor)
    if (signature === 'bad') forged += 1
    else checkpoints.push({ ...checkpoint, elsewhere, known: signature === 'good' })
  }
  return { checkpoints, forged, unreadable }
}

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
  { origin }: Checkpoint,
  keyFor: KeyFor,
): 'good' | 'bad' | 'none' {
  const key = keyFor(origin)
  // A key signs as the log that it is of.
  return key?.name === origin ? signatureOf(note, key) : 'none'
}

/** The notes that an anchor kept: one after the other, or each in a line of a system log. */
export function notesKept(text: string): string[] {
  const lines = [...text.matchAll(/\bcheckpoint size=\d+ note=([A-Za-z0-9+/]+=*)/g)]
  if (lines.length === 0) return notesIn(text)
  return lines.map(([, note = '']) => Buffer.from(note, 'base64').toString())
}
