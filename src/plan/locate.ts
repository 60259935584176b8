/** Where a ref lies in a provider, from what is written and the habit of the provider's type. Pure. */
import { isAbsolute, join, normalize } from 'node:path'
import { fileSpellings } from '../config/accessors.ts'
import { upperSnake } from '../config/names.ts'
import { SecretRefError } from '../errors.ts'
import type { Location } from './types.ts'

/** What a config says about where a ref lies. */
export interface Written {
  path?: string | undefined
  target?: string | undefined
  field?: string | undefined
  version?: string | undefined
}

/** Both absolute. */
export interface Folders {
  /** The folder of the config file: relative paths start here. */
  configDir: string
  userHome: string
}

/**
 * The location of `ref` in a provider of type `type`.
 *
 * - file: `target` (or `field`) is a key of the provider's secrets file, or of the file `path` where
 *   both are written; `path` alone is a file that holds one raw value; neither: the ref as written,
 *   else in snake_case.
 * - env: `target` or `path` is the variable; neither: the ref in UPPER_SNAKE.
 * - exec: `target` or `path` is the id; neither: the ref.
 * - store: `path` or `target` is the name, `version` as written; neither: the ref.
 * - aws-secrets-manager, aws-ssm: `path` or `target` is the name or the ARN, `field` a key where what is
 *   stored is JSON, `version` as written; neither: the ref.
 * - keychain: `path` or `target` is the account; neither: the ref.
 * - vault: `path` or `target` below the mount, `field` and `version` as written; neither: the ref.
 *
 * @throws {SecretRefError} PROVIDER_UNSUPPORTED for a type that this version does not know;
 * CONFIG_INVALID for a word that means nothing to the type, or two that say the same thing twice:
 * a `version` that is not obeyed would deliver another value than the one asked for.
 */
export function locate(type: string, ref: string, written: Written, folders: Folders): Location {
  const { path, target, field, version } = written
  switch (type) {
    case 'file': {
      oneOf(type, ref, { target, field })
      none(type, ref, { version })
      const key = target ?? field
      if (path !== undefined) {
        const file = absolute(path, folders)
        return key === undefined ? { path: file } : { path: file, field: key }
      }
      if (key !== undefined) return { path: '', field: key }
      const [first = ref, second] = fileSpellings(ref)
      return { path: '', field: first, ...(second === undefined ? {} : { alias: second }) }
    }
    case 'env':
      oneOf(type, ref, { target, path })
      none(type, ref, { field, version })
      return { path: target ?? path ?? upperSnake(ref) }
    case 'exec':
      oneOf(type, ref, { target, path })
      none(type, ref, { field, version })
      return { path: target ?? path ?? ref }
    case 'keychain':
      oneOf(type, ref, { path, target })
      none(type, ref, { field, version })
      return { path: path ?? target ?? ref }
    case 'store':
      oneOf(type, ref, { path, target })
      none(type, ref, { field })
      return { path: path ?? target ?? ref, ...(version === undefined ? {} : { version }) }
    case 'aws-secrets-manager':
    case 'aws-ssm':
    case 'vault':
      oneOf(type, ref, { path, target })
      return {
        path: path ?? target ?? ref,
        ...(field === undefined ? {} : { field }),
        ...(version === undefined ? {} : { version }),
      }
    default:
      throw new SecretRefError(
        'PROVIDER_UNSUPPORTED',
        `this version has no provider of type "${type}"`,
        {
          hint: 'types: store, keychain, file, env, exec, vault, aws-secrets-manager, aws-ssm',
          scope: 'provider',
        },
      )
  }
}

/** A path as the config means it: `~/` is the user's home, anything relative starts at the config. */
export function absolute(path: string, folders: Folders): string {
  if (path === '~' || path.startsWith('~/')) return join(folders.userHome, path.slice(1))
  return isAbsolute(path) ? normalize(path) : join(folders.configDir, path)
}

type Words = Readonly<Record<string, string | undefined>>

function oneOf(type: string, ref: string, words: Words): void {
  const [first, second] = writtenIn(words)
  if (second === undefined) return
  throw new SecretRefError(
    'CONFIG_INVALID',
    `ref "${ref}" has both "${first}" and "${second}" for a provider of type ${type}`,
    { hint: 'write one of the two', scope: 'ref' },
  )
}

function none(type: string, ref: string, words: Words): void {
  const [word] = writtenIn(words)
  if (word === undefined) return
  throw new SecretRefError(
    'CONFIG_INVALID',
    `ref "${ref}" has a "${word}", which a provider of type ${type} does not know`,
    { hint: `remove "${word}" or choose another provider`, scope: 'ref' },
  )
}

function writtenIn(words: Words): string[] {
  return Object.keys(words).filter((word) => words[word] !== undefined)
}
