/** Which file is the config. */
import { lstatSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { SecretRefError, errnoOf } from '../errors.ts'
import { userConfig } from '../state/home.ts'

export interface LocateOptions {
  /** What `--config` said. */
  flag?: string | undefined
  env: Readonly<Record<string, string | undefined>>
  /** Read only where it is needed: it may be gone. */
  readonly cwd: string
}

export interface Source {
  /** Absolute. */
  path: string
  /** True where the file was merely found in the current folder: it needs `secretref trust`. */
  found: boolean
}

/**
 * The first of `--config`, `$SECRETREF_CONFIG`, `./secretref.json` (no folder above it) and the user's
 * own config. What is there is taken, whatever it is: a file that cannot be used is a mistake to be
 * told, not a reason to look further.
 *
 * @throws {SecretRefError} CONFIG_NOT_FOUND with every place that was looked at.
 */
export function locateConfig(options: LocateOptions): Source {
  const { flag, env } = options
  const stated = flag ?? (env['SECRETREF_CONFIG'] || undefined)
  if (stated !== undefined) {
    const path = isAbsolute(stated) ? resolve(stated) : resolve(options.cwd, stated)
    if (exists(path)) return { path, found: false }
    const by = flag === undefined ? '$SECRETREF_CONFIG names' : '--config names'
    throw new SecretRefError('CONFIG_NOT_FOUND', `there is no config ${path}, which ${by}`, {
      scope: 'config',
      hint: 'check the path, or write a first config with `secretref init`',
    })
  }
  const local = join(options.cwd, 'secretref.json')
  if (exists(local)) {
    refuseLinkOut(local)
    return { path: local, found: true }
  }
  const own = userConfig(env)
  if (exists(own)) return { path: own, found: false }
  throw new SecretRefError(
    'CONFIG_NOT_FOUND',
    `no config was found: --config and $SECRETREF_CONFIG name none, and there is neither ${local} nor ${own}`,
    { scope: 'config', hint: 'write a first config with `secretref init`' },
  )
}

/**
 * A found config counts for the folder it was found in. A link that leads elsewhere would bring along
 * the trust that was given to its target, for commands that then run beside the link.
 */
function refuseLinkOut(path: string): void {
  if (!lstatSync(path).isSymbolicLink()) return
  let target: string | undefined
  try {
    target = realpathSync(path)
  } catch {
    // A link to nothing, or to itself: reading it has the words for that.
    return
  }
  if (dirname(target) === realpathSync(dirname(path))) return
  throw new SecretRefError(
    'CONFIG_UNTRUSTED',
    `the config ${path} was found in the current folder and is a link out of it`,
    { scope: 'config', hint: 'name the file itself with --config, if it is yours' },
  )
}

/** A dangling link exists here: to pass over it would be to use another config in silence. */
function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return false
    throw new SecretRefError('CONFIG_NOT_FOUND', `the config ${path} cannot be looked at`, {
      scope: 'config',
      hint: 'check the modes of the folders above it',
      cause: error,
    })
  }
}
