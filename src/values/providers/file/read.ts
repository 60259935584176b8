/**
 * One file of values, opened once, judged and read on that one descriptor, so that nothing can be put
 * in its place between the look and the read.
 */
import { constants, type BigIntStats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { errnoOf } from '../../../errors.ts'
import { allocate, copy, wipe } from '../../secret/bytes.ts'
import { final, unavailable } from '../../secret/outcome.ts'
import type { Failure, Warning } from '../contract.ts'
import { isPrivate, isShutOff } from './reach.ts'

/** No secret is larger, and a larger file is not what the config meant. */
export const MAX_BYTES = 1024 * 1024

export interface SecretFile {
  kind: 'file'
  path: string
  /** The whole file in own memory; the caller wipes it. */
  bytes: Buffer
  stat: BigIntStats
  /** Names this state of the file; says nothing about what is in it. */
  version: string
  warnings: readonly Warning[]
}

export type Read = SecretFile | { kind: 'folder' } | Failure

/**
 * Opens, checks and reads. Refused with `FILE_INSECURE`: a symbolic link, what is no regular file (a
 * FIFO does not hang us), what belongs to somebody else, what others can reach.
 *
 * @param path absolute
 */
export async function readSecretFile(path: string, maxBytes = MAX_BYTES): Promise<Read> {
  let handle: FileHandle | undefined
  try {
    // Node sets O_CLOEXEC on every descriptor that it opens.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    return await readOpened(handle, path, maxBytes)
  } catch (error) {
    return failureOf(error, path)
  } finally {
    await handle?.close()
  }
}

async function readOpened(handle: FileHandle, path: string, maxBytes: number): Promise<Read> {
  const stat = await handle.stat({ bigint: true })
  if (stat.isDirectory()) return { kind: 'folder' }
  if (!stat.isFile()) return final('denied', 'FILE_INSECURE', 'not-a-regular-file', path)
  if (Number(stat.uid) !== process.geteuid?.()) {
    return final('denied', 'FILE_INSECURE', 'wrong-owner', path)
  }
  const loose = !isPrivate(stat)
  if (loose && !(await isShutOff(path, stat))) {
    return final('denied', 'FILE_INSECURE', 'mode', path)
  }
  if (stat.size > maxBytes) return final('malformed', 'SECRET_TOO_LARGE', 'too-large', path)
  const bytes = await readAll(handle, Number(stat.size))
  const after = await handle.stat({ bigint: true })
  if (bytes.length !== Number(stat.size) || !isSameContent(stat, after)) {
    // Somebody is writing it at this moment: half a value is worse than none.
    wipe(bytes)
    return unavailable('io', path)
  }
  const warnings: Warning[] = loose ? [{ code: 'FILE_MODE_LOOSE', place: path }] : []
  return { kind: 'file', path, bytes, stat, version: versionOf(stat), warnings }
}

/** At most `size` bytes; fewer where the file has become shorter. */
async function readAll(handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = allocate(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  if (length === size) return bytes
  const shorter = copy(bytes.subarray(0, length))
  wipe(bytes)
  return shorter
}

/** For two looks at one descriptor. The file may have lost its name meanwhile; that is no matter. */
function isSameContent(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs
}

/** True where it is still the same file, and nothing was done to it. */
export function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.ctimeNs === b.ctimeNs && isSameContent(a, b)
}

/** Inode and time of the last write. No size: a raw file's is the length of the value. */
export function versionOf(stat: BigIntStats): string {
  return `${stat.ino.toString(36)}.${stat.mtimeNs.toString(36)}`
}

/** What a system error means. Only what is not known to be an answer counts as an outage. */
export function failureOf(error: unknown, path: string): Failure {
  switch (errnoOf(error) ?? '') {
    case 'ENOENT':
    case 'ENOTDIR':
      return final('absent', 'SECRET_NOT_FOUND', 'no-such-file', path)
    case 'ELOOP':
      return final('denied', 'FILE_INSECURE', 'symlink', path)
    case 'ENXIO':
      // A socket, or a device that is not there.
      return final('denied', 'FILE_INSECURE', 'not-a-regular-file', path)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return final('denied', 'PROVIDER_DENIED', 'not-permitted', path)
    case 'ENOSPC':
    case 'EDQUOT':
      return unavailable('disk-full', path)
    case 'ENAMETOOLONG':
      return final('malformed', 'PROVIDER_INVALID', 'bad-name', path)
    default:
      return unavailable('io', path)
  }
}
