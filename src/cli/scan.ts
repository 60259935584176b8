/** `secretref scan PATH…`: where in files a credential stands, and what it could be. Never the value. */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import pkg from '../../package.json' with { type: 'json' }
import { errnoOf, SecretRefError } from '../errors.ts'
import { allow, parseAllowList, type AllowEntry, type Allowed } from '../findings/allow.ts'
import { exitCode } from '../findings/exit.ts'
import { findingsJson } from '../findings/json.ts'
import { sarif } from '../findings/sarif.ts'
import { scanPaths, type KnownValue, type Scan } from '../gateway/scan/scanner.ts'
import { shownPath, withShownPaths } from '../gateway/scan/shown-path.ts'
import { safeJson } from '../printable.ts'
import { readDatabase } from '../state/db.ts'
import { knownValues } from '../state/known-values.ts'
import { progressLine } from './progress.ts'
import { megabytes, scanNotes, scanText } from './scan-text.ts'
import { errorText, type Io } from './io.ts'

export interface ScanCommandOptions {
  all?: true
  allow?: string
  check?: true
  json?: true
  sarif?: true
}

const HINT =
  'replace each credential at its service, store the new one with `secretref secrets set NAME`, and put a reference in its place; what is none goes into a list for --allow, with its reason'

const MOST_ALLOW_BYTES = 1024 * 1024

export async function scan(
  io: Io,
  paths: readonly string[],
  options: ScanCommandOptions,
): Promise<number> {
  const { cwd } = io
  for (const path of paths) requireThere(resolve(cwd, path), path)
  const allowList = options.allow === undefined ? undefined : resolve(cwd, options.allow)
  const entries = allowList === undefined ? [] : readAllowList(allowList)
  const progress = progressLine(io)
  let found: Scan
  try {
    found = await scanPaths(
      paths.map((path) => resolve(cwd, path)),
      {
        home: io.home,
        known: valuesKnownHere(io),
        all: options.all === true,
        progress: ({ file, files, bytes }) =>
          progress.show(`${files} files, ${megabytes(bytes)}: ${shownPath(file)}`),
      },
    )
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    progress.clear()
    io.err(errorText(io.program, error))
    // Nothing is known of these files, as if none could have been read.
    return 2
  } finally {
    progress.clear()
  }
  const allowed = allow(found.findings, { entries, path: allowList ?? cwd, now: io.now() })
  const left = { ...allowed, findings: allowed.findings.map(withShownPaths) }
  print(io, found, left, options)
  noteEntries(io, left)
  return exitCode(left.findings, { check: options.check === true })
}

/** @throws USAGE, before anything is searched */
function requireThere(path: string, given: string): void {
  try {
    statSync(path)
  } catch (error) {
    const errno = errnoOf(error)
    // Of what is there and out of reach the search itself tells.
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') return
    throw new SecretRefError('USAGE', `there is no ${shownPath(given)}`, {
      hint: 'name a file or a folder; nothing was searched',
    })
  }
}

function print(io: Io, found: Scan, left: Allowed, options: ScanCommandOptions): void {
  const { findings } = left
  if (options.sarif) {
    io.out(`${safeJson(sarif(findings, { version: pkg.version, root: io.cwd }), 2)}\n`)
    return
  }
  if (!options.json) {
    io.out(scanText(found, left, io.cwd))
    for (const note of scanNotes(found, left)) io.err(`${io.program}: note: ${note}\n`)
    if (findings.some(({ code }) => code === 'credential' || code === 'known-value'))
      io.err(`hint: ${HINT}\n`)
    return
  }
  const skipped = findings.filter(({ code }) => code === 'skipped')
  const { files, bytes, leftOut, searchedAnyway, unlisted, uncompared, beyond, unnamed } = found
  const { notFollowed, unmatched, links } = found
  const report = findingsJson(
    findings.filter(({ code }) => code !== 'skipped'),
    {
      files,
      bytes,
      skipped: skipped.length + unnamed,
      leftOut,
      searchedAnyway,
      unlisted: unlisted + beyond,
      uncompared,
      notFollowed,
      unmatched,
      links,
      allowed: left.allowed,
    },
  )
  const notSearched = skipped.map(({ places: [place], message }) => ({
    file: place?.file,
    why: message,
  }))
  const entries = { unused: left.unused, expired: left.expired }
  io.out(`${safeJson({ ...report, skipped: notSearched, allow: entries }, 2)}\n`)
}

/** Entries that do nothing are taken off such a list, or they hide the next finding at their place. */
function noteEntries(io: Io, { unused, expired }: Allowed): void {
  const note = (numbers: readonly number[], what: { one: string; many: string }): void => {
    if (numbers.length > 0) {
      const [entries, verb] = numbers.length === 1 ? ['entry', what.one] : ['entries', what.many]
      io.err(`${io.program}: note: of the allow-list, ${entries} ${listOf(numbers)} ${verb}\n`)
    }
  }
  note(unused, { one: 'fits nothing', many: 'fit nothing' })
  note(expired, {
    one: 'has come to its day and does not hold any more',
    many: 'have come to their day and do not hold any more',
  })
}

/** `1`, `1 and 2`, `1, 2 and 5` */
function listOf(numbers: readonly number[]): string {
  const last = numbers.at(-1) ?? ''
  return numbers.length < 2 ? `${last}` : `${numbers.slice(0, -1).join(', ')} and ${last}`
}

/** What agents of this installation have received. None where nothing has run yet. */
function valuesKnownHere(io: Io): KnownValue[] {
  const db = readDatabase(io.home)
  if (db === undefined) return []
  try {
    return knownValues(db)
  } finally {
    db.close()
  }
}

function readAllowList(path: string): AllowEntry[] {
  let text
  try {
    if (statSync(path).size > MOST_ALLOW_BYTES) throw tooLarge(path)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof SecretRefError) throw error
    throw new SecretRefError('USAGE', `the allow-list ${path} cannot be read`, {
      hint: `the system said ${errnoOf(error) ?? 'no more'}; nothing was searched`,
      cause: error,
    })
  }
  return parseAllowList(text, path)
}

function tooLarge(path: string): SecretRefError {
  return new SecretRefError('USAGE', `the allow-list ${path} is larger than 1 MiB`, {
    hint: 'nothing was searched; an entry with a target holds for a whole file',
  })
}
