/**
 * A run's private folder: 0700, on tmpfs where there is one, so that a value delivered as a file never
 * reaches a disk. It carries its gateway's pid and start time in its name, by which the next start knows
 * the ones that a killed gateway left behind, and the pid's namespace: containers that share a /dev/shm
 * (those of a Kubernetes pod do) do not see each other's pids.
 */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SecretRefError } from '../errors.ts'
import type { Home } from '../state/home.ts'
import { HAS_PROC, pidNamespace, startTimeOf } from './surroundings.ts'

const PREFIX = 'secretref-'
/** Pid, start time, namespace, and what mkdtemp adds. */
const NAME = /^secretref-(\d+)-(\d+)-(\d+)-[A-Za-z0-9]+$/
/** statfs(2) */
const TMPFS_MAGIC = 0x01021994

type Environment = Readonly<Record<string, string | undefined>>

/** Folders that may hold private folders, the best first. @returns with `tmpfs: false` for the last */
export function privatePlaces(home: Home, env: Environment): { dir: string; tmpfs: boolean }[] {
  const places: { dir: string; tmpfs: boolean }[] = []
  const runtime = env['XDG_RUNTIME_DIR']
  if (runtime && isTmpfs(runtime) && ours(runtime)) places.push({ dir: runtime, tmpfs: true })
  if (isTmpfs('/dev/shm')) places.push({ dir: '/dev/shm', tmpfs: true })
  places.push({ dir: home.run, tmpfs: false })
  return places
}

/** @throws DELIVERY_FAILED where no place takes a folder */
export function makePrivateFolder(home: Home, env: Environment): string {
  const mine = `${PREFIX}${process.pid}-${startTimeOf(process.pid) ?? '0'}-${pidNamespace()}-`
  for (const { dir, tmpfs } of privatePlaces(home, env)) {
    try {
      if (!tmpfs) mkdirSync(dir, { recursive: true, mode: 0o700 })
      if (!tmpfs && !ours(dir)) continue
      return mkdtempSync(join(dir, mine))
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
      // Full or read-only: the next place may do.
    }
  }
  throw new SecretRefError('DELIVERY_FAILED', 'no folder for files could be made', {
    scope: 'agent',
    hint: `make room in /dev/shm, or let ${home.run} be a folder of yours alone: chmod 700`,
  })
}

/**
 * Removes one of our own private folders; anything else by that name is left alone. So is what an agent
 * has made unremovable in there: every start tries again, and `doctor` names it.
 */
export function removePrivateFolder(folder: string): void {
  if (!ours(folder)) return
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
}

/** At a start: removes what gateways that are dead left behind. @returns how many folders went */
export function sweepPrivateFolders(home: Home, env: Environment): number {
  const left = abandonedFolders(home, env)
  for (const folder of left) removePrivateFolder(folder)
  return left.length
}

/** Private folders of ours whose gateways are dead. */
export function abandonedFolders(home: Home, env: Environment): string[] {
  return privatePlaces(home, env).flatMap(({ dir, tmpfs }) => {
    if (!tmpfs && !ours(dir)) return []
    return namesIn(dir).flatMap((name) => {
      const [, pid, started, namespace] = NAME.exec(name) ?? []
      if (started === undefined || namespace === undefined) return []
      // Our state belongs to one machine; what an earlier container left on its disk is nobody's.
      const seen = namespace === pidNamespace()
      if (seen ? alive(Number(pid), started) : tmpfs) return []
      const folder = join(dir, name)
      return ours(folder) ? [folder] : []
    })
  })
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

function alive(pid: number, started: string): boolean {
  if (HAS_PROC) return startTimeOf(pid) === started
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}

/** A folder itself, not a link to one; ours; and closed to everybody else. */
function ours(path: string): boolean {
  try {
    const stat = lstatSync(path)
    return stat.isDirectory() && stat.uid === process.geteuid?.() && (stat.mode & 0o077) === 0
  } catch {
    return false
  }
}

function isTmpfs(path: string): boolean {
  try {
    return statfsSync(path).type === TMPFS_MAGIC
  } catch {
    return false
  }
}
