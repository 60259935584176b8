/**
 * Two refs that name one user of a server would rotate each other's value away. So whoever sets a password
 * claims its user first, beside what is staged, and so in all of one home: while another rotation is under
 * way, and where that has replaced what this one holds, nothing is begun.
 */
import { createHash } from 'node:crypto'
import type { Failure } from '../providers/contract.ts'
import type { Document } from '../store/document.ts'
import { changeStore } from '../store/file.ts'
import { addVersion, remove, versionAt } from '../store/versions.ts'
import { isDead } from './asked.ts'
import { failed, troubled, type Done } from './done.ts'
import type { Credential } from './driver.ts'
import { isStaged } from './staging.ts'
import type { Work } from './work.ts'

interface Claim {
  /** Where its value lies: two refs of one place hold the same value, and are one. */
  owner: string
  rotation: string
}

/** @returns why nothing may be set */
export async function claimed(work: Work, current: Credential): Promise<Done | undefined> {
  const users = work.issuer.users?.(current) ?? []
  if (users.length === 0) return undefined
  let became = await write(work, users, false)
  if (became === 'had') {
    const tried = await work.issuer.try(current)
    // Only that it is dead says that the other one has replaced it: a service that is away says nothing.
    if (tried.kind !== 'valid') return isDead(tried) ? shared : troubled(tried, 'old')
    // What works was not replaced, whoever had the user before.
    became = await write(work, users, true)
  }
  if (became === 'ours') return undefined
  return typeof became === 'string' ? shared : failed(became)
}

/** `busy`: another rotation is under way. `had`: one is over. */
async function write(
  { order }: Work,
  users: readonly string[],
  force: boolean,
): Promise<'ours' | 'busy' | 'had' | Failure> {
  const { type, options, at, rotation, staging, givenUp } = order
  const ours: Claim = { owner: hashOf(JSON.stringify([type, options, at])), rotation: rotation.id }
  const now = new Date()
  let became: 'ours' | 'busy' | 'had' = 'ours'
  const outcome = await changeStore(staging, now, (document) => {
    const names = users.map((user) => `user.${hashOf(user)}`)
    const others = names.map((name) => claimIn(document, name)).filter((one) => one !== undefined)
    const foreign = others.filter(({ owner }) => owner !== ours.owner)
    // Of the same owner too: another environment or config may name its place.
    const goesOn = ({ rotation: id }: Claim): boolean =>
      id !== ours.rotation && isStaged(document, id) && !givenUp.includes(id)
    if (others.some(goesOn)) became = 'busy'
    else if (foreign.length > 0 && !force) became = 'had'
    else for (const name of names) put(document, name, ours, now)
    return { kind: 'written', version: '1' }
  })
  if (outcome.kind === 'written') return became
  return 'code' in outcome ? outcome : unwritten
}

function claimIn(document: Document, name: string): Claim | undefined {
  const value = versionAt(document, name, undefined)?.value
  if (value === undefined) return undefined
  const parsed: Claim = JSON.parse(value.toString())
  return parsed
}

function put(document: Document, name: string, claim: Claim, now: Date): void {
  remove(document, name, 'any')
  const value = Buffer.from(JSON.stringify(claim))
  addVersion(document, name, { value, expect: 'any', operation: name, stage: 'current', now })
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

const shared: Done = { result: 'refused', code: 'CONFIG_INVALID', reason: 'user-shared' }
const unwritten: Failure = { kind: 'unavailable', code: 'STATE_UNAVAILABLE', reason: 'io' }
