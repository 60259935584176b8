/**
 * From a config file to a checked config. A good strict JSON file needs neither zod nor momoa: they are
 * loaded to read JSON5, and to say what is wrong and where.
 */
import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { dirname } from 'node:path'
import { isConfig } from './check.generated.ts'
import type { Document } from './document.ts'
import type { Source } from './locate.ts'
import { ConfigError, byPlace, invalid, withShownKeys } from './problems.ts'
import { readConfig } from './read.ts'
import { judge } from './semantics.ts'
import { keysInText, survey } from './survey.ts'
import type { Config, LoadedConfig, Problem } from './types.ts'

export interface LoadOptions {
  now: Date
  /** Lines for warnings too, which costs a second reading of the text. Mistakes always have theirs. */
  places?: boolean
}

/**
 * Reads, checks and judges a config; trust is the caller's to ask for (`requireTrust`).
 *
 * @throws {ConfigError} CONFIG_INVALID or HARDCODED_CREDENTIAL, with every mistake at once.
 * @throws {SecretRefError} what `readConfig` throws.
 */
export async function loadConfig(source: Source, options: LoadOptions): Promise<LoadedConfig> {
  const { path, bytes, owner } = readConfig(source.path)
  const { config, warnings } = await checkConfig(bytes, path, options)
  return {
    config,
    path,
    dir: dirname(path),
    hash: hash('sha256', bytes, 'hex'),
    owner,
    found: source.found,
    warnings,
  }
}

/** The text of a config to a config; `path` is for messages only. */
export async function checkConfig(
  bytes: Uint8Array,
  path: string,
  { now, places = false }: LoadOptions,
): Promise<{ config: Config; warnings: readonly Problem[] }> {
  if (!isUtf8(bytes)) {
    throw new ConfigError(path, [invalid([], 'the file is not valid UTF-8', 'save it as UTF-8')])
  }
  const text = textOf(bytes)
  const strict = readStrict(text, bytes)
  const read = strict ?? (await readLenient(text, true))
  const problems = [...read.problems]
  let config: Config | undefined
  if (read.tree !== undefined) {
    if (isConfig(read.tree)) {
      config = read.tree
    } else {
      const { explain } = await import('./explain.ts')
      const mistakes = explain(read.tree)
      const { prune } = await import('./prune.ts')
      config = prune(read.tree, mistakes)
      problems.push(...mistakes)
    }
    if (config !== undefined) problems.push(...(await judge(config, read.tree, now)))
  }
  const failed = problems.some(({ severity }) => severity === 'error')
  const document =
    read.document ??
    (failed || (places && problems.length > 0)
      ? (await readLenient(text, false)).document
      : undefined)
  const placed = problems.map((problem) => withPlace(problem, document)).toSorted(byPlace)
  if (failed) throw new ConfigError(path, withoutRepeats(placed))
  if (config === undefined) throw new TypeError('a config without mistakes was refused')
  return { config, warnings: placed }
}

/** The text of a config, without a byte order mark. */
export function textOf(bytes: Uint8Array): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.toString('utf8').replace(/^\ufeff/, '')
}

interface Read {
  tree: unknown
  problems: readonly Problem[]
  document?: Document | undefined
}

/** Strict JSON without duplicate keys and without surprises; nothing where it is anything else. */
function readStrict(text: string, bytes: Uint8Array): Read | undefined {
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    // Perhaps JSON5. The message of JSON.parse quotes the text, so it is not looked at.
    return undefined
  }
  const { keys, forbidden, tooDeep, literals } = survey(tree)
  if (forbidden || tooDeep || keys !== keysInText(bytes)) return undefined
  return { tree, problems: literals }
}

async function readLenient(text: string, comments: boolean): Promise<Read> {
  const { readDocument } = await import('./document.ts')
  const document = readDocument(text, comments)
  const { literals } = survey(document.tree)
  return { tree: document.tree, problems: [...document.problems, ...literals], document }
}

function withPlace(problem: Problem, document: Document | undefined): Problem {
  const shown = withShownKeys(problem)
  return problem.line === undefined ? { ...shown, ...document?.placeOf(problem.at) } : shown
}

/** A credential in a slot is found as plain text in a slot and by its prefix: one of them is enough. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems.filter(({ code, at }) => {
    const key = JSON.stringify([code, at])
    const isNew = code !== 'HARDCODED_CREDENTIAL' || at.length === 0 || !seen.has(key)
    seen.add(key)
    return isNew
  })
}
