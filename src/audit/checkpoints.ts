/**
 * Signed checkpoints of the running log: the newest in `audit.checkpoint`, all of them in
 * `audit.checkpoints`. All of this happens under the log's lock.
 */
import type { KeyObject } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { SecretRefError } from '../errors.ts'
import type { Home } from '../state/home.ts'
import type { Tip } from './chain.ts'
import { synced, written } from './disk.ts'
import { tampered } from './failures.ts'
import { createToAppend, identityAt, openToAppend, openToRead, syncFolder } from './file.ts'
import type { Known } from './lock.ts'
import { rootOf } from './merkle.ts'
import {
  checkpointText,
  notesIn,
  parseCheckpoint,
  parseNote,
  signNote,
  verifyNote,
  type Checkpoint,
} from './note.ts'
import { asTip, readOn, startOf, tipAt } from './opened.ts'
import { verifierOf } from './signing-key.ts'

/** More than any note of ours, and than what a torn one leaves. */
const LOOK_BACK = 8 * 1024
/** Ahead of the one signature of a note of ours. */
const SIGNATURE = Buffer.from('\n\n— ')

/** The note of the newest checkpoint; undefined where none was ever signed. */
export function readCheckpoint(home: Home): string | undefined {
  const fd = openToRead(home.checkpoint)
  if (fd === undefined) return undefined
  try {
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

/** What a note of this log says. Errors: AUDIT_TAMPERED where this key did not sign it for this log. */
export function checkpointOf(note: string, origin: string, key: KeyObject): Checkpoint {
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '')
  if (checkpoint === undefined || checkpoint.origin !== origin) {
    throw tampered('the last signed checkpoint is not one of this audit log')
  }
  if (!verifyNote(note, verifierOf(origin, key))) {
    throw tampered('the last checkpoint of the audit log is not signed by its key')
  }
  return checkpoint
}

/**
 * Finds out whether the log that has come to `tip` goes on from what was signed: its tree up to there
 * has the signed root, its line there is the one that this tree ends with, and each line from there on
 * follows and leads to `tip`. Errors: AUDIT_TAMPERED; AUDIT_UNAVAILABLE where a segment is not here that
 * this needs.
 *
 * @param known what the lock file says of the end of the checkpoint: only a shorter way to it
 */
export function checkConsistent(
  log: string,
  fd: number,
  { size, root }: Checkpoint,
  known: Known | undefined,
  tip: Tip,
): void {
  if (size > tip.seq) {
    throw tampered(
      `the last checkpoint signs ${size} records of the audit log, which ends at record ${tip.seq}`,
    )
  }
  const near = known !== undefined && known.seq <= size ? asTip(known) : undefined
  const signed =
    near?.seq === size
      ? near
      : near === undefined || startOf(fd).seq === size
        ? tipAt(log, fd, size)
        : readOn(log, fd, near, size, 'AUDIT_UNAVAILABLE').tip
  if (signed.seq !== size || rootOf(signed.range) !== root) {
    throw tampered(`the first ${size} records of the audit log are not those that were signed`)
  }
  const reached =
    signed.seq === tip.seq ? signed : readOn(log, fd, signed, tip.seq, 'AUDIT_UNAVAILABLE').tip
  if (reached.hash !== tip.hash || rootOf(reached.range) !== rootOf(tip.range)) {
    throw tampered(`what follows record ${size} of the audit log does not follow what was signed`)
  }
}

/** Signs the tree that has come to `tip`, which is durable; the note is when this resolves. */
export async function writeCheckpoint(
  home: Home,
  tip: Tip,
  origin: string,
  key: KeyObject,
): Promise<string> {
  const text = checkpointText({ origin, size: tip.seq, root: rootOf(tip.range) })
  const note = signNote(text, origin, key)
  const next = `${home.checkpoint}.new`
  rmSync(next, { force: true })
  const all = openToAppend(home.checkpoints)
  const list = all ?? createToAppend(home.checkpoints)
  const newest = createToAppend(next)
  try {
    await Promise.all([
      appendNote(list, note),
      written(newest, Buffer.from(note)).then(() => synced(newest)),
    ])
  } finally {
    closeSync(list)
    closeSync(newest)
  }
  // From now on the absence of either means that it was taken away.
  const begun = all === undefined || identityAt(home.checkpoint) === undefined
  renameSync(next, home.checkpoint)
  if (begun) syncFolder(dirname(home.checkpoint))
  return note
}

/**
 * The newest note of the list, where it is one of this log and signs what the lock file says was signed
 * last: two witnesses that the file of the newest one, which is gone, held this.
 */
export function listedCheckpoint(
  home: Home,
  origin: string,
  key: KeyObject,
  known: Known,
): string | undefined {
  const note = lastNote(home.checkpoints)
  const checkpoint = note === undefined ? undefined : parseCheckpoint(parseNote(note)?.text ?? '')
  const tip = asTip(known)
  if (note === undefined || checkpoint === undefined || tip === undefined) return undefined
  const agrees =
    checkpoint.origin === origin &&
    checkpoint.size === tip.seq &&
    checkpoint.root === rootOf(tip.range) &&
    verifyNote(note, verifierOf(origin, key))
  return agrees ? note : undefined
}

/** @param next what leads on, other than to archive the log */
export function checkpointGone(next: string): SecretRefError {
  return new SecretRefError(
    'AUDIT_TAMPERED',
    'the last signed checkpoint of the audit log is gone',
    {
      hint: `${next}; without it, \`secretref log archive --yes\` keeps what is left under another name and starts a new log`,
      scope: 'audit',
    },
  )
}

/** Durable when this resolves. */
export async function putBack(home: Home, note: string): Promise<void> {
  const next = `${home.checkpoint}.new`
  rmSync(next, { force: true })
  const fd = createToAppend(next)
  try {
    await written(fd, Buffer.from(note))
    await synced(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(next, home.checkpoint)
  syncFolder(dirname(home.checkpoint))
}

function lastNote(path: string): string | undefined {
  const fd = openToRead(path)
  if (fd === undefined) return undefined
  try {
    const { size } = fstatSync(fd)
    const bytes = Buffer.alloc(Math.min(size, LOOK_BACK))
    readSync(fd, bytes, 0, bytes.length, size - bytes.length)
    return notesIn(bytes.toString()).at(-1)
  } finally {
    closeSync(fd)
  }
}

async function appendNote(fd: number, note: string): Promise<void> {
  const { size } = fstatSync(fd)
  const end = endOfNotes(fd, size)
  if (end < size) ftruncateSync(fd, end)
  try {
    await written(fd, Buffer.from(note))
  } catch (error) {
    ftruncateSync(fd, end)
    throw error
  }
  await synced(fd)
}

/** Behind the last whole note: a power failure may have left a part of one. */
function endOfNotes(fd: number, size: number): number {
  const start = Math.max(0, size - LOOK_BACK)
  const bytes = Buffer.alloc(size - start)
  readSync(fd, bytes, 0, bytes.length, start)
  for (let at = bytes.lastIndexOf(SIGNATURE); at >= 0; at = bytes.lastIndexOf(SIGNATURE, at - 1)) {
    const end = bytes.indexOf('\n', at + SIGNATURE.length)
    if (end >= 0) return start + end + 1
    if (at === 0) break
  }
  return start === 0 ? 0 : size
}
