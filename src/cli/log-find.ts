/**
 * `secretref log find`: where a value was used that has leaked. The value is read by a process of the
 * value wing, from the stdin that is handed on to it; only its fingerprint is searched for.
 */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { matcher, type Query } from '../audit/query.ts'
import { archivesIn } from '../audit/segments.ts'
import { Uses } from '../audit/uses.ts'
import { SecretRefError } from '../errors.ts'
import { endLike } from '../gateway/ending.ts'
import { startFinder } from '../gateway/input/finder.ts'
import { safeJson } from '../printable.ts'
import { entered } from './entering.ts'
import type { Io } from './io.ts'
import { foundText, notFoundText, refused, unusableKey } from './log-find-words.ts'
import { readLog } from './log-source.ts'

export interface FindOptions extends Pick<Query, 'since' | 'until'> {
  valueStdin?: true
  json?: true
}

/**
 * @param operands how many words stand behind the command: each may be a value, and none is looked at
 * @returns 0 whether or not it is found; 1 where a line of a log is no record
 */
export async function logFind(io: Io, options: FindOptions, operands: number): Promise<number> {
  if (operands > 0) throw valueOnCommandLine(io)
  if (!options.valueStdin && !isatty(0)) {
    throw new SecretRefError('USAGE', 'log find reads a value from stdin only where that is said', {
      hint: `${io.program} log find --value-stdin < FILE`,
    })
  }
  const { since, until, json } = options
  const query = {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
  // A mistake in a time is told before the value is typed.
  matcher(query, io.now())
  if (!isThere(io.home.fingerprintKey)) return withoutKey(io, json)
  const { report, signal } = await entered(() =>
    startFinder({
      v: 1,
      fingerprintKey: io.home.fingerprintKey,
      pasteMarks: Boolean(io.env['TERM']) && io.env['TERM'] !== 'dumb',
    }),
  )
  if (signal !== undefined) {
    endLike({ signal })
    return 0
  }
  if (report?.type === 'refused') throw refused(io.program, report.fault)
  if (report?.type !== 'fingerprint') {
    throw unusableKey(io, report?.type === 'failed' ? report.code : undefined)
  }
  const { fingerprint } = report
  const uses = new Uses(fingerprint)
  const code = search(io, query, uses)
  const found = uses.uses()
  if (json) {
    const records = found.reduce((sum, use) => sum + use.records, 0)
    const about = { version: 1, found: records > 0, fingerprint, records, uses: found }
    io.out(`${safeJson(about, 2)}\n`)
  } else if (found.length > 0) io.out(foundText(fingerprint, found, io.program))
  else io.out(notFoundText(io, fingerprint, query))
  return code
}

/** The archives beside the log too, oldest first: a value does not stop to matter when a log is put aside. */
function search(io: Io, query: Query, uses: Uses): number {
  const codes = archivesIn(io.home.dir).map((archive) =>
    readLog(io, { ...query, file: join(io.home.dir, archive) }, (found) => {
      for (const { record } of found) uses.add(record, archive)
    }),
  )
  const code = readLog(io, query, (found) => {
    for (const { record } of found) uses.add(record)
  })
  return Math.max(code, ...codes)
}

/**
 * A new key would find nothing, so none is made. Without one, no value can have been delivered; unless
 * the log says otherwise.
 */
function withoutKey(io: Io, json: true | undefined): number {
  const uses = new Uses('')
  const code = search(io, {}, uses)
  if (uses.anyFingerprint) {
    throw new SecretRefError(
      'STATE_UNAVAILABLE',
      `the key for fingerprints ${io.home.fingerprintKey} is gone: nothing can be found without it`,
      { scope: 'audit', hint: 'restore it from a backup' },
    )
  }
  if (json) io.out(`${safeJson({ version: 1, found: false, records: 0, uses: [] }, 2)}\n`)
  else io.out('not found: no value was ever delivered or stored by this installation\n')
  return code
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function valueOnCommandLine(io: Io): SecretRefError {
  return new SecretRefError(
    'USAGE',
    'log find takes no value on the command line: every user of this machine can read one, and the shell keeps it',
    {
      hint: `\`${io.program} log find\` asks for the value, or reads it from a pipe with --value-stdin; what was typed here as a value should be replaced at its service`,
    },
  )
}
