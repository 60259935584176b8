/** A provider's options as its process gets them: paths absolute, defaults of the place filled in. */
import type { ProviderConfig } from '../config/types.ts'
import { absolute, type Folders } from '../plan/locate.ts'
import { userHome, type Home } from '../state/home.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Options that name a file, by provider type; inside a nested object with a dot. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  store: ['path', 'identity', 'passphraseFile'],
  vault: [
    'caCert',
    'clientCert',
    'clientKey',
    'auth.tokenFile',
    'auth.roleIdFile',
    'auth.secretIdFile',
    'auth.jwtFile',
  ],
}

/**
 * @param dir the folder that the config lies in; relative paths start there, `~/` at the user's home
 */
export function resolveOptions(
  { type, options }: ProviderConfig,
  dir: string,
  home: Home,
  env: Environment,
): Readonly<Record<string, unknown>> {
  const folders = { configDir: dir, userHome: userHome(env) }
  if (type === 'file') {
    const { path } = options
    if (typeof path !== 'string') return { ...options, search: home.secretsFiles }
    return { ...options, path: absolute(path, folders) }
  }
  const { path, identity } = home.store
  const stated = type === 'store' ? { path, identity, ...options } : options
  return PATHS[type] === undefined ? options : withPaths(stated, PATHS[type], folders)
}

/** Options of rotation drivers that name a file. */
const DRIVER_PATHS = ['caCert', 'clientCert', 'clientKey']

/** A rotation driver's options as its process gets them. */
export function resolveDriverOptions(
  options: Readonly<Record<string, unknown>>,
  dir: string,
  env: Environment,
): Readonly<Record<string, unknown>> {
  return withPaths(options, DRIVER_PATHS, { configDir: dir, userHome: userHome(env) })
}

function withPaths(
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
  folders: Folders,
): Readonly<Record<string, unknown>> {
  const resolved = { ...options }
  for (const [key, value] of Object.entries(options)) {
    // A word of its own, and no path: the key lies in the keychain.
    if (key === 'identity' && value === 'keychain') continue
    if (typeof value === 'string' && names.includes(key)) resolved[key] = absolute(value, folders)
    else if (typeof value === 'object' && value !== null) {
      const inner = names.flatMap((name) =>
        name.startsWith(`${key}.`) ? [name.slice(key.length + 1)] : [],
      )
      if (inner.length > 0) resolved[key] = withPaths({ ...value }, inner, folders)
    }
  }
  return resolved
}
