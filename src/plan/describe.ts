/** A plan in words, for people. Pure. */
import type { ProviderConfig } from '../config/types.ts'
import { absolute, type Folders } from './locate.ts'
import type { ChainStep } from './types.ts'

export interface Names {
  providers: ReadonlyMap<string, ProviderConfig>
  folders: Folders
  /** Where a file provider without a path of its own looks: the first that exists. */
  secretsFiles: readonly string[]
  /** The store of a provider that names none. */
  store: string
}

/**
 * `key "stripe_api_key" of /home/me/secrets.json`, `variable STRIPE_API_KEY`, `id "x" of /bin/y`,
 * `"stripe-api-key" in /home/me/store.age`
 */
export function placeInWords({ provider, at }: ChainStep, names: Names): string {
  const known = names.providers.get(provider)
  const type = known?.type ?? provider
  const options = known?.options ?? {}
  switch (type) {
    case 'file': {
      if (at.field === undefined) return `the file ${at.path}`
      const other = at.alias === undefined ? '' : ` or "${at.alias}"`
      return `key "${at.field}"${other} of ${at.path || secretsFile(options['path'], names)}`
    }
    case 'env':
      return `variable ${at.path}`
    case 'exec':
      return `id "${at.path}" of ${String(options['command'])}`
    case 'store':
      return `"${at.path}" in ${storePath(options['path'], names)}${versionOf(at)}`
    default: {
      const field = at.field === undefined ? '' : `, field "${at.field}"`
      return `path "${at.path}"${field}${versionOf(at)}`
    }
  }
}

function versionOf({ version }: ChainStep['at']): string {
  return version === undefined ? '' : `, version ${version}`
}

function storePath(path: unknown, { folders, store }: Names): string {
  return typeof path === 'string' ? absolute(path, folders) : store
}

function secretsFile(path: unknown, { folders, secretsFiles }: Names): string {
  return typeof path === 'string' ? absolute(path, folders) : secretsFiles.join(', else ')
}
