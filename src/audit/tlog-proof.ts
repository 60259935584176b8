/**
 * A proof as text: c2sp.org/tlog-proof, version 1. The record's own line is its `extra` data, so that one
 * file is all that has to be handed over. Pure.
 */
import { fromBase64, parseCheckpoint, parseNote, type Checkpoint, type Note } from './note.ts'

export interface Proof {
  /** The record's line, without its newline. */
  line: Buffer
  /** Of the record, from 0. */
  index: number
  /** Hashes from the leaf's sibling up, hex. */
  path: readonly string[]
  note: Note
  checkpoint: Checkpoint
}

const FIRST = 'c2sp.org/tlog-proof@v1'
/** Of a tree that has as many leaves as a number can count. */
const MAX_PATH = 53

/** @param note the signed checkpoint, as it stands */
export function proofText(
  line: Buffer,
  index: number,
  path: readonly string[],
  note: string,
): string {
  const hashes = path.map((hash) => `${Buffer.from(hash, 'hex').toString('base64')}\n`).join('')
  return `${FIRST}\nextra ${line.toString('base64')}\nindex ${index}\n${hashes}\n${note}`
}

/** Undefined where it is no such text, or holds no record. Says nothing of whether it proves anything. */
export function parseProof(text: string): Proof | undefined {
  const end = text.indexOf('\n\n')
  const [first, extra, index, ...path64] = text.slice(0, Math.max(0, end)).split('\n')
  const [, line64] = /^extra (.+)$/.exec(extra ?? '') ?? []
  const [, digits] = /^index (0|[1-9]\d*)$/.exec(index ?? '') ?? []
  const note = parseNote(text.slice(end + 2))
  const checkpoint = note && parseCheckpoint(note.text)
  const line = line64 === undefined ? undefined : fromBase64(line64)
  if (
    first !== FIRST ||
    line === undefined ||
    !Number.isSafeInteger(Number(digits)) ||
    path64.length > MAX_PATH ||
    note === undefined ||
    checkpoint === undefined
  ) {
    return undefined
  }
  const path: string[] = []
  for (const hash64 of path64) {
    const hash = fromBase64(hash64)
    if (hash?.length !== 32) return undefined
    path.push(hash.toString('hex'))
  }
  return { line, index: Number(digits), path, note, checkpoint }
}
