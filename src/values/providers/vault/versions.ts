/**
 * Versions of one path of a KV engine, version 2: which there are, and an older one's field as the newest.
 * developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-metadata.
 */
import type { Stage } from '../../../gateway/keep/words.ts'
import { wipe } from '../../secret/bytes.ts'
import type { JsonNode } from '../../secret/json.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, History, Location, PutOutcome } from '../contract.ts'
import { member, rootOf } from './answer.ts'
import { ask, type Vault } from './call.ts'
import { readKv } from './kv-read.ts'
import { dateIn, requestPath } from './kv.ts'
import { put, type Place } from './put.ts'

/** The newest; an engine may keep more. */
const MOST = 100
const NUMBER = /^[1-9][0-9]{0,9}$/

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')
const absent: Failure = final('absent', 'SECRET_NOT_FOUND', 'id-not-found')

/** Oldest first, without those that were deleted or destroyed: nothing is in them. */
export async function history(
  vault: Vault,
  token: Buffer,
  { mount }: Place,
  at: Location,
): Promise<History | Failure> {
  const path = requestPath(mount, 2, 'metadata', at.path)
  if (path === undefined || at.version !== undefined) return badName
  const answer = await ask(vault, { method: 'GET', path, token, repeat: true })
  if (answer.kind !== 'answer') return answer
  try {
    return versionsIn(answer.body)
  } finally {
    wipe(answer.body)
  }
}

function versionsIn(body: Buffer): History | Failure {
  const data = member(rootOf(body), 'data')
  const all = member(data, 'versions')
  const current = member(data, 'current_version')
  if (all?.kind !== 'object' || current?.kind !== 'number') return badAnswer
  const newest = body.toString('latin1', current.start, current.end)
  const live = Array.from(all.members)
    .filter(([version, about]) => NUMBER.test(version) && isLive(body, about))
    .toSorted(([one], [other]) => Number(one) - Number(other))
    .slice(-MOST)
  if (live.length === 0) return absent
  const before = live.map(([version]) => version).findLast((version) => version !== newest)
  const custom = member(data, 'custom_metadata')
  const ends = dateIn(body, member(custom, 'expiresAt') ?? member(custom, 'expires_at'))
  const versions = live.map(([version, about]) => {
    const createdAt = dateIn(body, member(about, 'created_time'))
    const stages: Stage[] =
      version === newest ? ['current'] : version === before ? ['previous'] : []
    return Object.assign(
      { version, stages },
      createdAt === undefined ? {} : { createdAt },
      // Said of the path, and so of what is read there.
      ends === undefined || version !== newest ? {} : { expiresAt: ends },
    )
  })
  return { kind: 'history', versions }
}

/** A time of deletion may lie ahead (`delete_version_after`): what it is until then can be read. */
function isLive(body: Buffer, about: JsonNode): boolean {
  if (member(about, 'destroyed')?.kind !== 'false') return false
  const deleted = dateIn(body, member(about, 'deletion_time'))
  return deleted === undefined || deleted.getTime() > Date.now()
}

/**
 * Writes what the field held in `to` beside what the other fields are now, where `from` is the newest:
 * the engine has no way back to an older version but a new one, and the other fields are others' values.
 */
export async function restore(
  vault: Vault,
  token: Buffer,
  place: Place,
  at: Location,
  from: string,
  to: string,
): Promise<PutOutcome> {
  if (at.version !== undefined) return badName
  const [old] = await readKv(vault, token, place, [{ ...at, version: to }])
  if (old === undefined) return badAnswer
  if (old.kind !== 'value') return old
  try {
    return await put(vault, token, place, at, old.value, from)
  } finally {
    wipe(old.value)
  }
}
