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
import { keysInText, partsInText, survey } from './survey.ts'
import type { Config, LoadedConfig, Problem } from './types.ts'

/** No person reads more mistakes than this; finding the place of each takes time. */
const LISTED = 1000

/** Above it, places and explanations would take gigabytes (`partsInText`); 10,000 agents have 1.4 million. */
const EXPLAINED = 2_000_000

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
  const { path, bytes, owner } = readConfig(source)
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
  const read = readStrict(text, bytes) ?? (await readLenient(text, bytes, path))
  const { config, mistakes } = isConfig(read.tree)
    ? { config: read.tree, mistakes: [] }
    : await explainTree(read, bytes)
  const problems = [
    ...read.problems,
    ...mistakes,
    ...(config === undefined ? [] : await judge(config, read.tree, now)),
  ]
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length === 0 && config !== undefined) {
    const warnings = places
      ? await located(problems, read, text, bytes)
      : problems.map(withShownKeys)
    return { config, warnings }
  }
  const listed = withoutRepeats([
    ...errors,
    ...problems.filter(({ severity }) => severity === 'warning'),
  ])
  const placed = await located(listed.slice(0, LISTED), read, text, bytes)
  const more = listed.length - placed.length
  if (more > 0) placed.push(invalid([], `${more} more are not listed`))
  throw new ConfigError(path, placed)
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

async function readLenient(text: string, bytes: Uint8Array, path: string): Promise<Read> {
  if (partsInText(bytes) > EXPLAINED) {
    const message = 'a config of this size must be strict JSON without a repeated key, and is not'
    throw new ConfigError(path, [invalid([], message)])
  }
  const { readDocument } = await import('./document.ts')
  const document = readDocument(text, true)
  const { literals } = survey(document.tree)
  return { tree: document.tree, problems: [...document.problems, ...literals], document }
}

/** What the schema refuses, and the rest of the document. */
async function explainTree(
  { tree }: Read,
  bytes: Uint8Array,
): Promise<{ config: Config | undefined; mistakes: readonly Problem[] }> {
  if (tree === undefined) return { config: undefined, mistakes: [] }
  if (partsInText(bytes) > EXPLAINED) {
    const message = 'this does not fit the schema, and is too large to say where'
    const hint = 'check a part of it, or give an editor the schema of `secretref config schema`'
    return { config: undefined, mistakes: [invalid([], message, hint)] }
  }
  const { explain } = await import('./explain.ts')
  const mistakes = explain(tree)
  if (mistakes.length > LISTED) return { config: undefined, mistakes }
  const { prune } = await import('./prune.ts')
  return { config: prune(tree, mistakes), mistakes }
}

/** The same problems with their places, in the order of the document. */
async function located(
  problems: readonly Problem[],
  { document }: Read,
  text: string,
  bytes: Uint8Array,
): Promise<Problem[]> {
  let known = document
  if (known === undefined && problems.length > 0 && partsInText(bytes) <= EXPLAINED) {
    const { readDocument } = await import('./document.ts')
    known = readDocument(text, false)
  }
  return problems.map((problem) => withPlace(problem, known)).toSorted(byPlace)
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
