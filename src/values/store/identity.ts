/**
 * The key of the store, in the form that age-keygen writes: comments, and one identity a line. It becomes
 * a string, because the library takes nothing else; the processes that read it are short-lived.
 */
import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { failureOf, readSecretFile } from '../providers/file/read.ts'
import type { Failure } from '../providers/contract.ts'
import { wipe } from '../secret/bytes.ts'
import { final } from '../secret/outcome.ts'
import { newKeyPair, recipientOf, type KeyPair } from './seal.ts'

const IDENTITY = /^AGE-SECRET-KEY-1[A-Z0-9]{58}$/

/** The identities of a key file; the first is ours. */
export async function readIdentities(
  path: string,
): Promise<{ kind: 'identities'; keys: [KeyPair, ...KeyPair[]] } | Failure> {
  const read = await readSecretFile(path)
  if (read.kind === 'folder') return final('denied', 'FILE_INSECURE', 'not-a-regular-file', path)
  if (read.kind !== 'file') return read
  const lines = read.bytes
    .toString('latin1')
    .split('\n')
    .map((line) => line.trim())
  wipe(read.bytes)
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (identities.some((line) => !IDENTITY.test(line))) return bad(path)
  const [first, ...more] = await Promise.all(identities.map(pairOf))
  if (first === undefined) return bad(path)
  return { kind: 'identities', keys: [first, ...more] }
}

async function pairOf(identity: string): Promise<KeyPair> {
  return { identity, recipient: await recipientOf(identity) }
}

function bad(path: string): Failure {
  return final('malformed', 'SECRET_MALFORMED', 'no-identity', path)
}

/** Makes a key file, 0600, durable; fails where there is one. */
export async function makeIdentity(path: string, now: Date): Promise<KeyPair | Failure> {
  const pair = await newKeyPair()
  const lines = [
    `# created: ${now.toISOString()}`,
    `# public key: ${pair.recipient}`,
    pair.identity,
  ]
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      await file.writeFile(`${lines.join('\n')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    const folder = await open(dirname(path), O_RDONLY | O_DIRECTORY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
    return pair
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') return failureOf(error, path)
    // Another process was faster: its key is the one.
    const theirs = await readIdentities(path)
    return theirs.kind === 'identities' ? theirs.keys[0] : theirs
  }
}
