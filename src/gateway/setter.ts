/**
 * Control's end of a setter: starts the process, hands it the user's stdin, and takes in its report as
 * closed fields only.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import {
  CANCELLING,
  INPUT_FAULTS,
  STORED_WARNINGS,
  type Instruction,
  type Report,
} from './instruction.ts'
import { codeOf, FINGERPRINT, isObject, known, matching, VERSION } from './metadata.ts'
import { REASONS } from '../policy/reasons.ts'
import { isTargetId } from '../targets/infer.ts'
import { valueProcess } from './value-process.ts'

const MAX_REPORT_BYTES = 16 * 1024

export interface Setter {
  /** When the process has ended; `undefined` where it said nothing, or what it may not. */
  report: Promise<Report | undefined>
  /** Asks it to stop. What it has begun to store it still stores, and reports. */
  cancel(): void
  /** Ends it at once. */
  kill(): void
}

export function startSetter(instruction: Instruction): Setter {
  const child = spawn(process.execPath, valueProcess('setter'), {
    // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
    env: {},
    cwd: '/',
    // Not detached: a prompt is for the process group that the terminal has in its foreground.
    stdio: ['inherit', 'ignore', 'inherit', 'pipe'],
  })
  const { promise, resolve } = Promise.withResolvers<Report | undefined>()
  child.once('error', () => resolve(undefined))
  const pipe = child.pid === undefined ? undefined : child.stdio[3]
  // Where there were no descriptors left, nothing was started; `error` tells.
  if (!(pipe instanceof Socket)) return { report: promise, cancel: nothing, kill: nothing }
  let text = ''
  pipe
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (text.length > MAX_REPORT_BYTES) child.kill('SIGKILL')
    })
    // It is gone; its silence says so.
    .on('error', nothing)
  // Not before it has ended: only then the terminal is as it was.
  child.once('close', (_code, by) => {
    // It hears these signals before it reads anything: one that killed it came earlier still.
    const signal = among(by, CANCELLING)
    resolve(signal ? { type: 'cancelled', signal } : parseReport(text, instruction))
  })
  pipe.write(`${JSON.stringify(instruction)}\n`)
  return { report: promise, cancel: () => pipe.end(), kill: () => child.kill('SIGKILL') }
}

function nothing(): void {}

/**
 * @param text what a setter sent
 * @returns `undefined` where that breaks the contract as a whole
 */
export function parseReport(text: string, instruction: Instruction): Report | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (text.length > MAX_REPORT_BYTES || !isObject(parsed)) return undefined
  switch (parsed['type']) {
    case 'written':
      return parseWritten(parsed, instruction)
    case 'refused': {
      const fault = among(parsed['fault'], INPUT_FAULTS)
      return fault && { type: 'refused', fault }
    }
    case 'failed': {
      const code = codeOf(parsed['code'])
      const what = among(parsed['what'], ['store', 'conflict', 'unknown', 'no-key'] as const)
      if (code === undefined || what === undefined) return undefined
      const reason = among(parsed['reason'], REASONS)
      const place = known(parsed['place'], placesIn(instruction))
      return {
        type: 'failed',
        what,
        code,
        ...(reason === undefined ? {} : { reason }),
        ...(place === undefined ? {} : { place }),
      }
    }
    case 'cancelled': {
      const signal = among(parsed['signal'], CANCELLING)
      return { type: 'cancelled', ...(signal === undefined ? {} : { signal }) }
    }
    default:
      return undefined
  }
}

function parseWritten(
  parsed: Readonly<Record<string, unknown>>,
  instruction: Instruction,
): Report | undefined {
  const fingerprint = matching(parsed['fingerprint'], FINGERPRINT)
  if (fingerprint === undefined) return undefined
  const version = matching(parsed['version'], VERSION)
  const place = known(parsed['place'], placesIn(instruction))
  const { field, alias } = instruction.at
  const keys = [field, alias].filter((key) => key !== undefined)
  const key = among(parsed['field'], keys)
  const uses = new Set(instruction.expected.map(([id]) => id))
  const looksLike = listed(parsed['looksLike'], isTargetId)
  const misfits = listed(parsed['misfits'], (id) => uses.has(id))
  return {
    type: 'written',
    fingerprint,
    warnings: STORED_WARNINGS.filter((warning) => [parsed['warnings']].flat().includes(warning)),
    ...(version === undefined ? {} : { version }),
    ...(place === undefined ? {} : { place }),
    ...(key === undefined ? {} : { field: key }),
    ...(looksLike === undefined ? {} : { looksLike }),
    ...(misfits === undefined ? {} : { misfits }),
  }
}

/** Paths that the instruction itself names, or that follow from it; no other path crosses back. */
function placesIn({ options, at }: Instruction): ReadonlySet<string> {
  const own = [options['path'], options['search']].flat().filter((path) => typeof path === 'string')
  const keys = [at.field, at.alias].filter((key) => key !== undefined)
  return new Set([at.path, ...own, ...own.flatMap((path) => keys.map((key) => `${path}/${key}`))])
}

/** Those that are known, once each; `undefined` where that leaves none. */
function listed(value: unknown, isKnown: (id: string) => boolean): string[] | undefined {
  const ids = [value].flat().filter((id) => typeof id === 'string')
  const found = [...new Set(ids)].filter(isKnown)
  return found.length === 0 ? undefined : found
}

function among<T extends string>(value: unknown, list: readonly T[]): T | undefined {
  return list.find((one) => one === value)
}
