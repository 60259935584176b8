/**
 * One read of an engine that makes a credential for it, as `database/creds/<role>`: username and password
 * belong together, so refs of one path share one read and its one lease.
 * developer.hashicorp.com/vault/docs/concepts/lease.
 */
import { wipe } from '../../secret/bytes.ts'
import { final, unavailable } from '../../secret/outcome.ts'
import type { Failure, Lease, Location, Outcome } from '../contract.ts'
import { bytesIn, member, rootOf, secondsIn } from './answer.ts'
import { ask, type Vault } from './call.ts'
import { outcomeOf, requestPath } from './kv.ts'
import { packLease, revokeLease } from './lease.ts'
import type { VaultOptions } from './options.ts'

/**
 * @param tokenSeconds asked only where there is a lease: how long `token` lives, and what it was given with it
 * @param group locations that differ in their field alone
 */
export async function readDynamic(
  vault: Vault,
  token: Buffer,
  tokenSeconds: () => Promise<number | undefined>,
  { mount, field }: Pick<VaultOptions, 'mount' | 'field'>,
  group: readonly Location[],
): Promise<readonly Outcome[]> {
  const [{ path, version } = { path: '', version: undefined }] = group
  const request = requestPath(mount, 1, 'data', path)
  if (request === undefined || version !== undefined) return group.map(() => badName)
  const question = { method: 'GET', path: request, token, repeat: 'if-not-done' } as const
  const answer = await ask(vault, question, [400])
  if (answer.kind !== 'answer') return group.map(() => inDoubt(answer))
  try {
    if (answer.status === 400) return group.map(() => refusalOf(answer.body))
    const root = rootOf(answer.body)
    const data = member(root, 'data')
    if (data?.kind !== 'object') return group.map(() => badAnswer)
    const stored = {
      kind: 'stored',
      bytes: answer.body,
      fields: data.members,
      meta: {},
      version: 0,
    } as const
    const outcomes = group.map((at) => outcomeOf(stored, at, field))
    const id = bytesIn(answer.body, member(root, 'lease_id'))?.toString() ?? ''
    // A static role of the same engine: a value without a lease.
    if (id === '') return outcomes
    const packed = packLease(vault, id, token)
    if (outcomes.every(({ kind }) => kind !== 'value')) {
      // Nobody holds it: a credential that no ref can use is not left behind.
      await revokeLease(vault, packed)
      return outcomes
    }
    const stated = secondsIn(answer.body, member(root, 'lease_duration')) ?? 0
    const lease: Lease = {
      id: packed,
      seconds: Math.min(stated, (await tokenSeconds()) ?? stated),
      renewable: member(root, 'renewable')?.kind === 'true',
    }
    return outcomes.map((outcome) =>
      outcome.kind === 'value' ? Object.assign(outcome, { lease }) : outcome,
    )
  } finally {
    wipe(answer.body)
  }
}

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

/** It was sent and no answer came: there may be a credential now that nobody knows of. Not asked again. */
function inDoubt(failure: Failure): Failure {
  if (failure.reason !== 'timeout' && failure.reason !== 'connection-lost') return failure
  return unavailable('lease-in-doubt', undefined, failure.code)
}

/** The engine's word for a role that is not there is no 404. */
function refusalOf(body: Buffer): Failure {
  return body.includes('unknown role') || body.includes('not found')
    ? final('absent', 'SECRET_NOT_FOUND', 'id-not-found')
    : badAnswer
}
