/**
 * Whether the process lives that something on the disk belongs to. Where we see its pid, by pid and start
 * time: one that is stopped lives. A pid of another container that shares our home (namespaces(7)) says
 * nothing; there each process shows a sign of life, a file that it writes each minute.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SecretRefError } from '../../errors.ts'
import type { Home } from '../../state/home.ts'
import { elapsedMs, momentAt, type Moment } from '../../state/moment.ts'
import { HAS_PROC, pidNamespace, startTimeOf, stillRuns } from '../surroundings.ts'

const EVERY_MS = 60_000
/** As for leases: two signs that came late are no death. */
const SILENT_MS = 180_000
/** What no container has shown for so long, nobody reads any more. */
const FORGOTTEN_MS = 7 * 86_400_000
/** Pid, start time, namespace. */
const OWNER = /^(\d{1,10})-(\d{1,20})-(\d{1,20})$/

/** This process, as a name of files. */
export function ourselves(): string {
  return ownerOf(process.pid)
}

/** A process that we see, in the same way. */
export function ownerOf(pid: number): string {
  return `${pid}-${startTimeOf(pid) ?? '0'}-${pidNamespace()}`
}

const shown = new Set<string>()

/** From now on until this process ends. @throws STATE_UNAVAILABLE */
export function showLife({ live }: Home): void {
  if (shown.has(live)) return
  const path = join(live, ourselves())
  try {
    makeFolder(live)
    // Elsewhere there are no namespaces: every pid is seen.
    if (HAS_PROC) show(path)
  } catch (error) {
    throw new SecretRefError('STATE_UNAVAILABLE', `the folder ${live} cannot be written to`, {
      hint: `the system said ${errnoOf(error) ?? 'no more'}; is it yours, and the disk not full?`,
      cause: error,
    })
  }
  shown.add(live)
  if (!HAS_PROC) return
  setInterval(() => tryToShow(path), EVERY_MS).unref()
  process.once('exit', () => rmSync(path, { force: true }))
}

/** Its parent is there: the log or a database has been opened. Node's `recursive` hangs below /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}

function show(path: string): void {
  const { boot, up } = momentAt(new Date())
  writeFileSync(path, boot === undefined ? '' : `${boot} ${up}`, { mode: 0o600 })
}

/** A full disk takes away what it says, and not that it was written just now. */
function tryToShow(path: string): void {
  try {
    show(path)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
}

/** @param owner as `ourselves` named it; what is no such name is nobody */
export function lives(home: Home, owner: string, now: Moment = momentAt(new Date())): boolean {
  const [, pid = '', started = '', namespace] = OWNER.exec(owner) ?? []
  if (namespace === undefined) return false
  if (namespace === pidNamespace()) {
    return stillRuns(Number(pid), started === '0' ? undefined : started)
  }
  const silent = silentMs(home, owner, now)
  // What was shown in the time to come says nothing: the clock was set back since, over a start of the system.
  return silent !== undefined && silent > -SILENT_MS && silent < SILENT_MS
}

/** Since its last sign; `undefined` where there is none. */
function silentMs({ live }: Home, owner: string, now: Moment): number | undefined {
  const path = join(live, owner)
  try {
    const at = statSync(path).mtime
    const [, boot, up] =
      /^([0-9a-f-]{36}\.\d{0,20}) (\d{1,15})$/.exec(readFileSync(path, 'latin1')) ?? []
    const sign: Moment = boot === undefined ? { at } : { at, boot, up: Number(up) }
    return elapsedMs(sign, now)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return undefined
  }
}

/**
 * At a start: everything of processes that are dead goes, what they have left beside their signs too. What
 * cannot be removed stays for the next start.
 */
export function sweepLife(home: Home): void {
  try {
    const all = Map.groupBy(namesIn(home), (name) => name.split('.', 1)[0] ?? '')
    for (const [owner, names] of all) {
      if (!OWNER.test(owner) || !isForgotten(home, owner)) continue
      for (const name of names) rmSync(join(home.live, name), { force: true })
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
}

function isForgotten(home: Home, owner: string): boolean {
  // A container that was paused goes on where it was.
  if (owner.endsWith(`-${pidNamespace()}`)) return !lives(home, owner)
  const silent = silentMs(home, owner, momentAt(new Date()))
  return silent === undefined || silent > FORGOTTEN_MS
}

/** None where nothing has been shown yet. @throws a system's error where the folder cannot be read */
export function namesIn({ live }: Home): string[] {
  try {
    return readdirSync(live)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return []
  }
}
