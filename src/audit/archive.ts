/** Puts a log aside, whatever its state, and begins a new one whose first record says so. */
import { closeSync, fsyncSync, linkSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import type { Home } from '../state/home.ts'
import { sha256At, sha256Of, sha256OfAll, whatIsLeft, type Left } from './archived.ts'
import { EMPTY, link } from './chain.ts'
import { asFailure, unavailable } from './failures.ts'
import {
  createToAppend,
  identityAt,
  openToRead,
  prepareFolder,
  syncFolder,
  writeWhole,
} from './file.ts'
import { AuditLock } from './lock.ts'
import type { Actor, Entry } from './record.ts'
import { closedAt } from './segments.ts'

const LOCK_TIMEOUT_MS = 5000
/** Bytes that are kept free until the new head is stored: pages of SQLite and of its write-ahead log. */
const ROOM = 256 * 1024

/**
 * Renames the log to `audit.log.<time>` beside it, its older segments and its checkpoints likewise; returns
 * that path, or undefined where the log was gone. Processes that have the old log open go on in the new
 * one. Killed half way, it can be done again: until the end the old head stands, and nothing can be
 * appended to a log that does not fit it.
 * Errors: AUDIT_UNAVAILABLE.
 */
export async function archiveLog(home: Home, actor: Actor, now: Date): Promise<string | undefined> {
  try {
    prepareFolder(home.dir)
    const hashes = hashesOf(home)
    const lock = new AuditLock(home.auditLock, LOCK_TIMEOUT_MS, 'FULL')
    try {
      return await lock.hold(() => replaceLog(home, lock, actor, now, hashes))
    } finally {
      lock.close()
    }
  } catch (error) {
    throw asFailure(error, home.auditLock)
  }
}

/**
 * Of the closed segments, by path, file and size: before the lock is taken that others wait for, since
 * those no longer change.
 */
function hashesOf({ auditLog }: Home): ReadonlyMap<string, string> {
  return new Map(closedAt(auditLog).map(({ path }) => [versionOf(path), sha256At(path)]))
}

function versionOf(path: string): string {
  const { ino, size } = lstatSync(path)
  return `${path} ${ino} ${size}`
}

function replaceLog(
  home: Home,
  lock: AuditLock,
  actor: Actor,
  now: Date,
  hashes: ReadonlyMap<string, string>,
): string | undefined {
  const { auditLog, dir, checkpoint, checkpoints } = home
  const left = lookAt(auditLog)
  const head = lock.head()
  const acknowledged = typeof head === 'object' ? { acknowledged: head.seq } : {}
  const segments = closedAt(auditLog).map(({ path }) => path)
  const others = [...segments, checkpoint, checkpoints].filter((path) => identityAt(path))
  if (left === undefined && typeof head !== 'object' && others.length === 0) {
    throw unavailable('there is none yet', 'the first run makes one')
  }
  const stamp = now.toISOString().replaceAll(/[-:.]/g, '')
  const target = left === undefined ? undefined : `${auditLog}.${stamp}`
  const entry: Entry = {
    event: 'log.archived',
    actor,
    detail: {
      file: target === undefined ? 'missing' : basename(target),
      ...left,
      ...acknowledged,
      ...(segments.length > 0
        ? {
            segments: segments.length,
            segmentsSha256: sha256OfAll(
              segments.map((path) => hashes.get(versionOf(path)) ?? sha256At(path)),
            ),
          }
        : {}),
    },
  }
  const begun = link([entry], EMPTY, now.toISOString())
  const fresh = `${auditLog}.new`
  const room = `${auditLog}.room`
  try {
    write(fresh, begun.bytes)
    // A disk that is full for the lock file's last word would leave a log that its head accuses.
    write(room, Buffer.alloc(ROOM))
  } catch (error) {
    rmSync(fresh, { force: true })
    rmSync(room, { force: true })
    throw error
  }
  // A second name first, then the new log over the old name: at no moment is there no log, and an
  // archive that has this very name already is never overwritten.
  for (const path of others) linkSync(path, `${path}.${stamp}`)
  if (target !== undefined) linkSync(auditLog, target)
  renameSync(fresh, auditLog)
  for (const path of others) rmSync(path)
  rmSync(room)
  syncFolder(dir)
  lock.replace(begun.head)
  return target
}

function write(path: string, bytes: Buffer): void {
  rmSync(path, { force: true })
  const fd = createToAppend(path)
  try {
    writeWhole(fd, bytes)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function lookAt(path: string): (Left & { sha256: string }) | undefined {
  const fd = openToRead(path)
  if (fd === undefined) return undefined
  try {
    return { ...whatIsLeft(fd), sha256: sha256Of(fd) }
  } finally {
    closeSync(fd)
  }
}
