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
          progress.show(`${files} files, ${megabytes(bytes)}: ${file}`),
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
  const left = allow(found.findings, { entries, path: allowList ?? cwd, now: io.now() })
  print(io, found, left, options)
  noteEntries(io, left)
  return exitCode(left.findings, { check: options.check === true })
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
  const { notFollowed, unmatched } = found
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
  const note = (numbers: readonly number[], what: string): void => {
    if (numbers.length > 0) {
      io.err(`${io.program}: note: the allow-list has entries ${what}: ${numbers.join(', ')}\n`)
    }
  }
  note(unused, 'that fit nothing')
  note(expired, 'whose day has come, and which do not hold any more')
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
