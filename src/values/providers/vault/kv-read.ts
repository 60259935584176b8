/** Refs of one path of a KV engine cost one read. */
import { wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, Location, Outcome } from '../contract.ts'
import { ask, type Vault } from './call.ts'
import { outcomeOf, readStored, requestPath } from './kv.ts'
import type { VaultOptions } from './options.ts'

const VERSION = /^[1-9][0-9]{0,9}$/

/** @param group locations that differ in their field alone */
export async function readKv(
  vault: Vault,
  token: Buffer,
  { mount, kv, field }: Pick<VaultOptions, 'mount' | 'kv' | 'field'>,
  group: readonly Location[],
): Promise<readonly Outcome[]> {
  const [{ path, version } = { path: '', version: undefined }] = group
  const request = requestPath(mount, kv, 'data', path)
  if (request === undefined) return group.map(() => badName)
  if (version !== undefined && (kv === 1 || !VERSION.test(version))) return group.map(() => badName)
  const query = version === undefined ? '' : `?version=${version}`
  const question = { method: 'GET', path: request + query, token, repeat: true } as const
  // 404 has a body where a version was deleted; either way nothing is there.
  const answer = await ask(vault, question, [404])
  if (answer.kind !== 'answer') return group.map(() => answer)
  try {
    const stored = readStored(answer.body, kv)
    if (stored.kind !== 'stored') return group.map(() => stored)
    return group.map((at) => outcomeOf(stored, at, field))
  } finally {
    wipe(answer.body)
  }
}

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
