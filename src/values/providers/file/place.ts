/** From a location to the file that holds it. */
import { isAbsolute, join, resolve } from 'node:path'
import { NAME } from '../../../config/names.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, Location } from '../contract.ts'
import type { Read } from './read.ts'

/** The provider's own file or folder. */
export interface Place {
  /** Absolute; the first that exists is used, alone. */
  paths: readonly string[]
  /** Left out: a file is JSON, a folder holds raw values. */
  format: 'json' | 'raw' | undefined
}

export type Reader = (path: string) => Promise<Read>

/** One value: a whole file, or what `names` (the first that is there) call it in a JSON file. */
export type Target =
  | { kind: 'raw'; path: string }
  | { kind: 'entry'; path: string; names: readonly string[] }

/**
 * The places to try for `at`, in order; the second only where the first is absent.
 *
 * - `{path, field}`: a key in that JSON file. `{path}`: that file is the value.
 * - `{path: '', field, alias}`: a key in the provider's own JSON file, or a file in its own folder.
 */
export async function targetsOf(
  place: Place | undefined,
  at: Location,
  read: Reader,
): Promise<readonly Target[] | Failure> {
  const names = [at.field, at.alias].filter((name) => name !== undefined)
  if (at.path !== '') {
    const path = absolute(at.path)
    if (path === undefined) return final('malformed', 'PROVIDER_INVALID', 'not-absolute')
    return at.field === undefined ? [{ kind: 'raw', path }] : [{ kind: 'entry', path, names }]
  }
  if (place === undefined) return final('malformed', 'PROVIDER_INVALID', 'not-absolute')
  const own = await ownPath(place, read)
  if ((await read(own)).kind === 'folder') {
    if (names.length === 0 || !names.every(isFileName)) {
      return final('malformed', 'PROVIDER_INVALID', 'bad-name')
    }
    return names.map((name) => ({ kind: 'raw', path: join(own, name) }))
  }
  if (place.format === 'raw') return [{ kind: 'raw', path: own }]
  if (names.length === 0) return final('malformed', 'PROVIDER_INVALID', 'bad-name')
  return [{ kind: 'entry', path: own, names }]
}

/**
 * An absolute path without `..` and without a slash at its end, which would lead through a symbolic
 * link in spite of O_NOFOLLOW; `undefined` for what is none.
 */
export function absolute(path: unknown): string | undefined {
  if (typeof path !== 'string' || !isAbsolute(path) || path.includes('\0')) return undefined
  return resolve(path)
}

/** The first path where something is, whatever it is; where there is nothing, the first. */
export async function ownPath(place: Place, read: Reader): Promise<string> {
  for (const path of place.paths) {
    if ((await read(path)).kind !== 'absent') return path
  }
  return place.paths[0] ?? ''
}

/** A name that cannot lead out of its folder, and no hidden file. */
export function isFileName(name: string): boolean {
  return NAME.test(name) && !name.includes('/')
}
