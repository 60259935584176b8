/** Control's end of a setter: what comes back of the value that it stores are closed fields only. */
import {
  CANCELLING,
  INPUT_FAULTS,
  STORED_WARNINGS,
  type Instruction,
  type Report,
} from './set-words.ts'
import {
  codeOf,
  countIn,
  FINGERPRINT,
  known,
  matching,
  textsIn,
  VERSION,
  objectIn,
} from '../metadata.ts'
import { REASONS } from '../../policy/reasons.ts'
import { isTargetId } from '../../targets/infer.ts'
import { MAX_REPORT_BYTES, startValueInput, type ValueInput } from './value-input.ts'

/** What it has begun to store when it is cancelled it still stores, and reports. */
export function startSetter(instruction: Instruction): ValueInput<Report> {
  return startValueInput('setter', instruction, (text) => parseReport(text, instruction))
}

/**
 * @param text what a setter sent
 * @returns `undefined` where that breaks the contract as a whole
 */
export function parseReport(text: string, instruction: Instruction): Report | undefined {
  const parsed = objectIn(text, MAX_REPORT_BYTES)
  const report = parsed && reportIn(parsed, instruction)
  if (parsed === undefined || report === undefined) return undefined
  const spent = countIn(parsed['spent'])
  return spent === undefined ? report : { ...report, spent }
}

function reportIn(
  parsed: Readonly<Record<string, unknown>>,
  instruction: Instruction,
): Report | undefined {
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
    ...(parsed['undropped'] === true ? { undropped: true } : {}),
  }
}

/** Paths that the instruction itself names, or that follow from it; no other path crosses back. */
function placesIn({ options, at }: Instruction): ReadonlySet<string> {
  const own = [options['path'], options['search']].flat().filter((path) => typeof path === 'string')
  const keys = [at.field, at.alias].filter((key) => key !== undefined)
  const locks = own.map((path) => `${path}.lock`)
  const beside = own.flatMap((path) => keys.map((key) => `${path}/${key}`))
  return new Set([at.path, ...textsIn(options), ...locks, ...beside])
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
