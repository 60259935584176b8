/**
 * An anchor that is a file, on another disk or of another user. Nothing but the right to append is
 * needed: the file may belong to somebody else, and be append-only (`chattr +a`).
 */
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { AnchorError } from './cause.ts'

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } =
  constants
const APPEND = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK

/** Appends the note, and returns when it is on the disk. The file is made where there is none. */
export async function appendToFile(path: string, note: string): Promise<void> {
  const file = await openOrMake(path)
  try {
    if (!(await file.stat()).isFile()) throw new AnchorError('it is not a regular file')
    const bytes = Buffer.from(note)
    for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
    await file.datasync()
  } finally {
    await file.close()
  }
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
