/** Which file is the config. */
import { lstatSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
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
  if (exists(local)) return { path: local, found: true }
  const own = userConfig(env)
  if (exists(own)) return { path: own, found: false }
  throw new SecretRefError(
    'CONFIG_NOT_FOUND',
    `no config was found: --config and $SECRETREF_CONFIG name none, and there is neither ${local} nor ${own}`,
    { scope: 'config', hint: 'write a first config with `secretref init`' },
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
