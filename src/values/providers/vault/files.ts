/** The files that a vault provider is given: credentials, which are kept as values are, and what is no secret. */
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { copy, wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'
import { readSecretFile } from '../file/read.ts'

/** Thrown by both readers: the session answers every question with `failure`. */
export class Missing extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super('a vault provider cannot be opened')
    this.failure = failure
  }
}

const MAX_BYTES = 1024 * 1024

/**
 * A token, an id, a key: refused where others can read it, as a file of values is. The caller wipes it.
 *
 * @throws Missing
 */
export async function credentialFile(path: string): Promise<Buffer> {
  const read = await readSecretFile(path)
  if (read.kind === 'file') return read.bytes
  if (read.kind === 'folder') throw cannot('not-a-regular-file', path)
  // No chain goes on because a credential is missing: that is a mistake in the config, not an answer.
  if (read.kind === 'absent') throw cannot('no-such-file', path)
  throw new Missing(read)
}

/**
 * A CA, a certificate, a pod's token: who may read it is for whoever placed it to say (Kubernetes makes the
 * token 0644, of root, behind links), but nobody else may be able to replace what is in it.
 *
 * @throws Missing
 */
export async function placedFile(path: string): Promise<Buffer> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await handle.stat()
    if (!stat.isFile()) throw cannot('not-a-regular-file', path)
    if (stat.uid !== 0 && stat.uid !== process.geteuid?.()) throw insecure('wrong-owner', path)
    if ((stat.mode & 0o022) !== 0) throw insecure('mode', path)
    if (stat.size > MAX_BYTES) throw cannot('too-large', path)
    return await handle.readFile()
  } catch (error) {
    if (error instanceof Missing) throw error
    // Why is the system's word; the reader learns which file it is.
    throw cannot('io', path)
  } finally {
    await handle?.close()
  }
}

/** Editors and `vault write -field` end a file with a newline that is no part of a token. Wipes `bytes`. */
export function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end -= 1
  const own = copy(bytes.subarray(0, end))
  wipe(bytes)
  return own
}

function cannot(
  reason: 'io' | 'no-such-file' | 'not-a-regular-file' | 'too-large',
  path: string,
): Missing {
  return new Missing(final('malformed', 'PROVIDER_INVALID', reason, path))
}

function insecure(reason: 'mode' | 'wrong-owner', path: string): Missing {
  return new Missing(final('denied', 'FILE_INSECURE', reason, path))
}
