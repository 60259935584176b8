/** Whether a start could read, write and make what it must. Asks the system, and changes nothing. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { shellWord } from '../../shell-word.ts'
import { bad, type Finding } from './finding.ts'

const { R_OK, W_OK, X_OK } = constants
/** A record, its lock and the state with their write-ahead logs. */
const NEEDED_BYTES = 1024 * 1024
/** statfs(2): proc, sysfs, cgroup2. Nobody makes a folder there, whatever its mode says. */
const KERNEL_TYPES: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x63677270])
const ELSEWHERE = 'or set SECRETREF_HOME to a folder of your own'

const KINDS = {
  folder: { mode: R_OK | W_OK | X_OK, verb: 'used', chmod: 'u+rwx' },
  written: { mode: R_OK | W_OK, verb: 'written', chmod: 'u+rw' },
  read: { mode: R_OK, verb: 'read', chmod: 'u+r' },
} as const

/** @returns what keeps a start from using `path` so, if anything; what is not there is no trouble */
export function cannotUse(
  check: string,
  path: string,
  kind: keyof typeof KINDS,
): Finding | undefined {
  const { mode, verb, chmod } = KINDS[kind]
  const errno = denied(path, mode)
  if (errno === undefined || errno === 'ENOENT') return undefined
  if (errno === 'EROFS') return readOnly(check, path)
  const what = `${path} cannot be ${verb} by you (${errno})`
  return bad(check, what, `chmod ${chmod} ${shellWord(path)}`)
}

/** Whether nothing below the folder can be looked at; false where it is not there. */
export function isShut(dir: string): boolean {
  return denied(dir, X_OK) === 'EACCES'
}

/** The folder of ours above `path` that does not let us in, if that is what keeps us from it. */
export function shutAbove(path: string): string | undefined {
  for (let dir = dirname(path); dir !== dirname(dir); dir = dirname(dir)) {
    try {
      // Nearest last: only below the one that is shut nothing can be looked at.
      const { uid } = statSync(dir)
      return isShut(dir) && uid === process.geteuid?.() ? dir : undefined
    } catch (error) {
      if (errnoOf(error) !== 'EACCES') return undefined
    }
  }
  return undefined
}

/** Whether the folder, which is not there, could be made. */
export function cannotMake(check: string, dir: string): Finding | undefined {
  const above = nearest(dir)
  if (KERNEL_TYPES.has(statfsSync(above).type)) {
    return bad(
      check,
      `${dir} cannot be made: ${above} is the kernel's`,
      'set SECRETREF_HOME to a folder of your own',
    )
  }
  const errno = denied(above, W_OK | X_OK)
  if (errno === 'EROFS') return readOnly(check, above)
  if (errno !== undefined) {
    const hint = `make ${above} writable for you, ${ELSEWHERE}`
    return bad(check, `${dir} is not there and cannot be made in ${above} (${errno})`, hint)
  }
  return noSpace(check, above)
}

/** @param dir one that exists */
export function noSpace(check: string, dir: string): Finding | undefined {
  const { bavail, bsize, files, ffree } = statfsSync(dir)
  const hint = `free some there, ${ELSEWHERE}`
  if (bavail * bsize < NEEDED_BYTES) {
    return bad(check, `less than 1 MiB is free on the disk of ${dir}`, hint)
  }
  // Some file systems do not count them.
  if (files > 0 && ffree === 0) {
    return bad(check, `the disk of ${dir} can hold no further file`, hint)
  }
  return undefined
}

function readOnly(check: string, path: string): Finding {
  return bad(check, `${path} lies on a read-only file system`, `mount it writable, ${ELSEWHERE}`)
}

function nearest(dir: string): string {
  for (let above = dirname(dir); ; above = dirname(above)) {
    if (statSync(above, { throwIfNoEntry: false }) !== undefined) return above
    if (above === dirname(above)) return above
  }
}

function denied(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    return errnoOf(error) ?? 'no reason'
  }
}
