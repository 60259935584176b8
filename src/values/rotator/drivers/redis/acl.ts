/**
 * What the driver asks Redis about its users, and tells it
 * (redis.io/docs/latest/operate/oss_and_stack/management/security/acl).
 */
import { createHash } from 'node:crypto'
import type { Answer, Trouble } from '../../driver.ts'
import type { Account } from '../database/url.ts'
import type { Ask } from './connection.ts'

export const PERSIST = ['aclfile', 'config', 'none'] as const
export type Persist = (typeof PERSIST)[number]

const SAVE: Readonly<Record<Persist, readonly string[] | undefined>> = {
  aclfile: ['ACL', 'SAVE'],
  config: ['CONFIG', 'REWRITE'],
  none: undefined,
}

/** Adds its password to a user (`#`), or takes it away (`!`), and has that kept. */
export async function apply(
  ask: Ask,
  how: '#' | '!',
  { user, password }: Account,
  persist: Persist,
): Promise<Answer> {
  const alone = await isAlone(ask)
  if (alone.kind !== 'ok') return alone
  const known = await passwordsOf(ask, user)
  if (known.kind !== 'passwords') return known
  const hash = createHash('sha256').update(password).digest('hex')
  const has = known.hashes.includes(hash)
  const tell = (): Promise<Answer> => done(ask(['ACL', 'SETUSER', user, `${how}${hash}`]))
  const keep = (): Promise<Answer> => save(ask, persist)
  if (how === '#') {
    // First, so that what cannot be kept is not begun.
    const keeps = await keep()
    if (has || keeps.kind !== 'ok') return keeps
    const told = await tell()
    return told.kind === 'ok' ? keep() : told
  }
  if (!has) {
    const kept = await keep()
    // It is not there, and on a server that keeps nothing it is on no disk either.
    return kept.kind === 'refused' ? { kind: 'ok' } : kept
  }
  // Without it nobody could sign in as this user any more.
  if (known.hashes.length === 1) return unfit
  const told = await tell()
  return told.kind === 'ok' ? keep() : told
}

/** It is open to everyone, is not there, or has no other password. */
const unfit: Trouble = { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'unfit-user' }

async function passwordsOf(
  ask: Ask,
  user: string,
): Promise<{ kind: 'passwords'; hashes: readonly unknown[] } | Trouble> {
  const answer = await ask(['ACL', 'GETUSER', user])
  if (answer.kind !== 'reply') return answer
  const { reply } = answer
  const listed = (name: string): readonly unknown[] => {
    const after: unknown = Array.isArray(reply) ? reply[reply.indexOf(name) + 1] : undefined
    return Array.isArray(after) ? after : []
  }
  // A first password would shut out whoever comes without one; and SETUSER would make a user that is not there.
  if (!Array.isArray(reply) || listed('flags').includes('nopass')) return unfit
  return { kind: 'passwords', hashes: listed('passwords') }
}

/** Users are not carried from node to node. */
async function isAlone(ask: Ask): Promise<Answer> {
  const answer = await ask(['INFO'])
  if (answer.kind !== 'reply') return answer
  const info = String(answer.reply)
  const says = (line: string): boolean => info.includes(`\r\n${line}\r\n`)
  if (says('role:master') && says('connected_slaves:0') && !says('cluster_enabled:1')) {
    return { kind: 'ok' }
  }
  return { kind: 'refused', code: 'PROVIDER_UNSUPPORTED', reason: 'several-nodes' }
}

async function save(ask: Ask, persist: Persist): Promise<Answer> {
  const command = SAVE[persist]
  if (command === undefined) return { kind: 'ok' }
  const answer = await done(ask(command))
  // By its own rights: that is said as it is. Else it has no such file, or cannot write it.
  return answer.kind === 'refused' && answer.code === 'PROVIDER_INVALID'
    ? { ...answer, reason: 'not-kept' }
    : answer
}

async function done(asking: ReturnType<Ask>): Promise<Answer> {
  const answer = await asking
  return answer.kind === 'reply' ? { kind: 'ok' } : answer
}
