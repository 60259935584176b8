/** Why an anchor did not take a checkpoint, in words of our own. */
import { errnoOf } from '../../errors.ts'

/** Its message is the cause. */
export class AnchorError extends Error {}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a symbolic link',
  ENXIO: 'it is not a regular file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'a limit on the size of files is reached',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  EIO: 'the disk answered with an I/O error',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the server broke the connection off',
  EPIPE: 'the server broke the connection off',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
}

export function causeOf(error: unknown): string {
  if (error instanceof AnchorError) return error.message
  const errno = errnoOf(error)
  if (errno === undefined || !/^E[A-Z0-9_]{1,30}$/.test(errno)) return 'an unexpected failure'
  return CAUSES[errno] ?? `an unexpected failure (${errno})`
}
