/**
 * An anchor that is a file, on another disk or of another user. Nothing but the right to append is
 * needed: the file may belong to somebody else, and be append-only (`chattr +a`).
 */
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { AnchorError } from './cause.ts'
import { isOneOf, isWithin } from './outside.ts'

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } =
  constants
const APPEND = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK
/** Ends what a note that was cut short left in its line, and sets the next one off from it. */
const BLANK_LINE = '\n\n'

/**
 * Appends the note behind a blank line, and returns when it is on the disk. The file is made where there
 * is none, and must not be one of the home's own, by whatever path.
 */
export async function appendToFile(path: string, note: string, home: string): Promise<void> {
  if (await isWithin(dirname(path), home)) throw within()
  const file = await openOrMake(path)
  try {
    const stats = await file.stat({ bigint: true })
    if (!stats.isFile()) throw new AnchorError('it is not a regular file')
    if (await isOneOf(stats, home)) throw within()
    await append(file, Buffer.from(`${BLANK_LINE}${note}`))
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** In one write, so that notes of others stand before it or behind it, and not in it. */
async function append(file: FileHandle, bytes: Buffer): Promise<void> {
  const { size } = await file.stat()
  let done = 0
  try {
    // A second write only tells why the first could not write everything.
    while (done < bytes.length) done += (await file.write(bytes, done)).bytesWritten
  } catch (error) {
    if (done > 0) await cutOff(file, size, size + done)
    throw error
  }
}

/** What stands there from `from` on, where that is our own and nothing else. */
async function cutOff(file: FileHandle, from: number, to: number): Promise<void> {
  try {
    if ((await file.stat()).size === to) await file.truncate(from)
  } catch {
    // Append-only, or a disk that fails: the blank line before the next note ends what is left of this
    // one, and whoever waits is told why it was not written.
  }
}

function within(): AnchorError {
  return new AnchorError('it lies in the folder of the log itself')
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, APPEND)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  try {
    const made = await open(path, APPEND | O_CREAT | O_EXCL, 0o600)
    await syncFolder(dirname(path))
    return made
  } catch (error) {
    // Another process was first.
    if (errnoOf(error) === 'EEXIST') return open(path, APPEND)
    throw error
  }
}

async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle
  try {
    folder = await open(path, O_RDONLY | O_DIRECTORY)
  } catch (error) {
    // Somebody else's: we may make files in it and not read it, and so not sync it.
    if (errnoOf(error) === 'EACCES') return
    throw error
  }
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
