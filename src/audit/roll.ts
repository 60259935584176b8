/**
 * A segment that has grown large or old is closed and another begun, under the lock. At no moment is
 * there no `audit.log`, and whoever is killed in between leaves one that can be gone on with: a second
 * name of it is taken up again, a file that was not given its name is made anew.
 */
import { closeSync, linkSync, renameSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { errnoOf } from '../errors.ts'
import type { Home } from '../state/home.ts'
import { link } from './chain.ts'
import { synced, written } from './disk.ts'
import { unavailable } from './failures.ts'
import { createToAppend, identityAt, identityOf, same, syncFolder, type Identity } from './file.ts'
import type { Beginning, Opened } from './opened.ts'
import type { Actor, Entry } from './record.ts'
import { closedPath } from './segments.ts'

const DAY_MS = 86_400_000

export interface Bounds {
  bytes: number
  days: number
}

export function isFull(
  size: number,
  { time }: Beginning,
  { bytes, days }: Bounds,
  now: Date,
): boolean {
  return size > bytes || now.getTime() - time > days * DAY_MS
}

/**
 * Closes what is open, which must have been read to its end, and opens what follows it.
 * Errors: AUDIT_UNAVAILABLE, or what the system throws; then what was open still is.
 */
export async function roll(
  home: Home,
  opened: Opened,
  beginning: Beginning,
  actor: Actor,
  now: Date,
): Promise<Opened> {
  const { auditLog, dir } = home
  const { seq, first, range } = opened.end
  const closed = closedPath(auditLog, first)
  // Whoever acknowledges a record of the next segment syncs that one alone.
  await synced(opened.fd)
  const entry: Entry = {
    event: 'log.continued',
    actor,
    detail: {
      file: basename(closed),
      first,
      size: seq,
      range: range.hashes.join(' '),
      origin: beginning.origin,
    },
  }
  const { bytes, head } = link(
    [entry],
    { ...opened.end, size: 0, first: seq + 1 },
    now.toISOString(),
  )
  const next = `${auditLog}.next`
  rmSync(next, { force: true })
  const fd = createToAppend(next)
  try {
    await written(fd, bytes)
    await synced(fd)
    linkOnce(auditLog, closed, opened.identity)
    renameSync(next, auditLog)
    syncFolder(dir)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  closeSync(opened.fd)
  return {
    ...opened,
    fd,
    identity: identityOf(fd),
    end: head,
    beginning: { ...beginning, time: now.getTime() },
  }
}

/** The name may be there already, from a roll that was interrupted. */
function linkOnce(from: string, to: string, identity: Identity): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    if (same(identity, identityAt(to))) return
    throw unavailable('something stands in the place of its next segment', `move ${to} away`)
  }
}
