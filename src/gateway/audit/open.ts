/**
 * The config that an audit works with: also one that no run would start by. What is wrong with it is a
 * finding then, and the rest of it is judged as far as it can be told.
 */
import { hash } from 'node:crypto'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isConfig } from '../../config/check.generated.ts'
import { checkConfig, textOf } from '../../config/load.ts'
import type { Source } from '../../config/locate.ts'
import { ConfigError, placeOf, shownStep, type At } from '../../config/problems.ts'
import { readConfig, type RawConfig } from '../../config/read.ts'
import { partsInText } from '../../config/survey.ts'
import { requireTrust } from '../../config/trust.ts'
import type { Config, LoadedConfig, Problem } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import type { Place } from '../../findings/types.ts'
import type { Home } from '../../state/home.ts'

export interface AuditedConfig {
  /** Absolute. */
  path: string
  dir: string
  /** There where it can be judged at all: whole, or without the credentials that stand in it. */
  config?: Config
  /** There where a run could start by it. */
  loaded?: LoadedConfig
  /** What `config check` would say; keys that may be values are hidden. */
  problems: readonly Problem[]
  /** Why nothing is fetched by it. */
  trouble?: SecretRefError
  /** When it was last written. */
  written: Date
  place: (at: At) => Place
}

/** @throws SecretRefError CONFIG_NOT_FOUND, or CONFIG_INVALID for one that is too large to be read */
export async function openForAudit(source: Source, home: Home, now: Date): Promise<AuditedConfig> {
  let raw: RawConfig
  try {
    raw = readConfig(source)
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { ...aboutFile(source.path), problems: [], trouble: error }
  }
  const { path, bytes, owner } = raw
  const about = aboutFile(path)
  try {
    const { config, warnings } = await checkConfig(bytes, path, { now, places: true })
    const { dir } = about
    const found = { hash: hash('sha256', bytes, 'hex'), owner, found: source.found }
    const loaded: LoadedConfig = { config, path, dir, ...found, warnings }
    const trouble = distrust(loaded, home)
    const place = await placer(path, bytes)
    return { ...about, config, loaded, problems: warnings, ...(trouble && { trouble }), place }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const config = await restOf(error, bytes)
    const place = await placer(path, bytes)
    return { ...about, problems: error.problems, trouble: error, ...(config && { config }), place }
  }
}

/** Others own it or can write it, or it is a link out of its folder: it is not read at all. */
function isRefusal(error: unknown): error is SecretRefError {
  return (
    error instanceof SecretRefError &&
    (error.code === 'CONFIG_INSECURE' || error.code === 'CONFIG_UNTRUSTED')
  )
}

function aboutFile(path: string): Pick<AuditedConfig, 'path' | 'dir' | 'written' | 'place'> {
  return {
    path,
    dir: dirname(path),
    written: statSync(path).mtime,
    place: (at) => ({ file: path, at: placeOf(at.map(shownStep)) }),
  }
}

function distrust(loaded: LoadedConfig, home: Home): SecretRefError | undefined {
  try {
    requireTrust(loaded, home)
    return undefined
  } catch (error) {
    if (error instanceof SecretRefError) return error
    throw error
  }
}

/** What a config holds beside the credentials in it; nothing where it has other mistakes too. */
async function restOf(error: ConfigError, bytes: Uint8Array): Promise<Config | undefined> {
  if (error.code !== 'HARDCODED_CREDENTIAL' || partsInText(bytes) > LOCATED) return undefined
  const { readDocument } = await import('../../config/document.ts')
  const { explain } = await import('../../config/explain.ts')
  const { prune } = await import('../../config/prune.ts')
  const { tree } = readDocument(textOf(bytes), false)
  return isConfig(tree) ? tree : prune(tree, explain(tree))
}

/** Above it, the place of everything would take gigabytes (`partsInText`). */
const LOCATED = 2_000_000

/** Reads the text a second time, when the first place is asked for. */
async function placer(path: string, bytes: Uint8Array): Promise<AuditedConfig['place']> {
  const { readDocument } = await import('../../config/document.ts')
  let find: ((at: At) => { line: number; column: number } | undefined) | undefined
  return (at) => {
    find ??=
      partsInText(bytes) > LOCATED ? () => undefined : readDocument(textOf(bytes), false).placeOf
    return { file: path, ...find(at), at: placeOf(at.map(shownStep)) }
  }
}
