/** Control's end of a scanner, which searches files for credentials and reports where, never what. */
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { Socket } from 'node:net'
import { SecretRefError } from '../../errors.ts'
import type { Finding } from '../../findings/types.ts'
import type { Home } from '../../state/home.ts'
import { Collected } from '../scan-collected.ts'
import { unreadableFinding, type KnownValue } from './findings.ts'
import { parseScanMessage } from './message.ts'
import { pathText } from './path-text.ts'
import { shownPath } from './shown-path.ts'
import type { ScanInstruction, ScanMessage, Totals } from './words.ts'
import { valueProcess } from '../value-process.ts'

export type { KnownValue }

export interface ScanOptions {
  /** Its fingerprint key is used, and made where there is none. */
  home: Home
  known?: readonly KnownValue[]
  /** Also what `.gitignore` leaves out, and `.git` and `node_modules`. */
  all?: boolean
  /** Told now and then what is being searched, and how much was. */
  progress?: (at: { file: string; files: number; bytes: number }) => void
  /** How long one file may take; 60,000. */
  silenceMs?: number
}

export interface Scan extends Totals {
  /** In the order of the paths, and of the names below each. */
  findings: Finding[]
  /** Credentials, and skipped files, beyond the bound: only their number is kept. */
  beyond: number
  unnamed: number
}

/** A path in JSON may be six times as long as on disk. */
const MOST_LINE = 64 * 1024
const SILENCE_MS = 60_000

/**
 * What is found in files and folders: `credential`, `known-value`, `skipped`, `unreadable`.
 *
 * @param paths absolute
 * @throws SecretRefError where the search as a whole failed
 */
export async function scanFiles(
  paths: readonly string[],
  options: ScanOptions,
): Promise<readonly Finding[]> {
  return (await scanPaths(paths, options)).findings
}

/** The same, with what was counted on the way. */
export async function scanPaths(paths: readonly string[], options: ScanOptions): Promise<Scan> {
  const missing: Finding[] = []
  const asked = new Map<string, string>()
  for (const path of paths) {
    const real = realPath(path)
    if (real === undefined) missing.push(unreadableFinding(path))
    else asked.set(real, path)
  }
  if (asked.size === 0) return { ...NOTHING, findings: missing, beyond: 0, unnamed: 0 }
  const { known = [], all = false, home } = options
  const instruction: ScanInstruction = {
    v: 1,
    paths: [...asked.keys()],
    all,
    fingerprintKey: home.fingerprintKey,
    known: known.map(({ fingerprint }) => fingerprint),
  }
  const stores = new Set(ownFiles(home).map((path) => realPath(path) ?? path))
  const collected = new Collected({ asked, known, stores })
  const totals = await converse(instruction, options, (message) => {
    if (message.type !== 'at') collected.take(message)
    else options.progress?.({ ...message, file: collected.shown(message.file) })
  })
  const { findings, beyond, unnamed } = collected
  return { ...totals, findings: [...missing, ...findings], beyond, unnamed }
}

/** Files of this installation in which values and keys are to lie. */
function ownFiles({ secretsFiles, store, fingerprintKey, checkpointKey }: Home): string[] {
  return [...secretsFiles, store.path, store.identity, fingerprintKey, checkpointKey]
}

/** Without symbolic links; `undefined` where there is nothing that can be reached. */
function realPath(path: string): string | undefined {
  try {
    return pathText(realpathSync.native(path, 'buffer'))
  } catch {
    return undefined
  }
}

const NOTHING: Totals = {
  files: 0,
  bytes: 0,
  leftOut: 0,
  searchedAnyway: 0,
  unlisted: 0,
  uncompared: 0,
  notFollowed: 0,
  unmatched: 0,
  links: 0,
}

/** Starts a scanner, and hands on what it says until it has ended. */
async function converse(
  instruction: ScanInstruction,
  { silenceMs = SILENCE_MS }: ScanOptions,
  hear: (message: Exclude<ScanMessage, { type: 'end' | 'failed' }>) => void,
): Promise<Totals> {
  const child = spawn(process.execPath, valueProcess('scanner'), {
    // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<Totals>()
  let outcome: Totals | SecretRefError = failed('it ended without a word')
  let file = ''
  const give = (error: SecretRefError): void => {
    outcome = error
    child.kill('SIGKILL')
  }
  const silence = setTimeout(() => give(tooSlow(file)), silenceMs)
  child.once('error', () => resolveWith(failed('it could not be started')))
  child.once('close', () => resolveWith(outcome))
  const resolveWith = (result: Totals | SecretRefError): void => {
    clearTimeout(silence)
    if (result instanceof SecretRefError) reject(result)
    else resolve(result)
  }
  const pipe = child.pid === undefined ? undefined : child.stdio[3]
  if (!(pipe instanceof Socket)) return promise
  const take = (line: string): void => {
    if (child.killed) return
    const message = parseScanMessage(line, instruction)
    silence.refresh()
    if (message === undefined) give(failed('it said what it may not'))
    else if (message.type === 'end') outcome = message
    else if (message.type === 'failed') outcome = noKey(message.code)
    else {
      if (message.type === 'at') ({ file } = message)
      hear(message)
    }
  }
  let rest = ''
  pipe
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
      if (rest.length > MOST_LINE) give(failed('it said what it may not'))
    })
    // It is gone; that it said no last word tells.
    .on('error', () => {})
  pipe.write(`${JSON.stringify(instruction)}\n`)
  return promise
}

function failed(why: string): SecretRefError {
  return new SecretRefError('INTERNAL', `the search could not be made: ${why}`, {
    hint: 'nothing is said about these files; search fewer at once',
  })
}

function tooSlow(file: string): SecretRefError {
  return new SecretRefError(
    'TIMEOUT',
    `the search of ${shownPath(file) || 'these files'} takes too long`,
    {
      hint: 'nothing is said about these files; search without that one',
    },
  )
}

function noKey(code: SecretRefError['code']): SecretRefError {
  return new SecretRefError(code, 'the fingerprint key of this installation cannot be used', {
    hint: '`secretref doctor` says why; nothing was searched',
  })
}
