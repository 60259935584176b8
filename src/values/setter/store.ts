/** Hands one value to its provider, and says in closed fields what came of it. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Instruction, Report } from '../../gateway/input/set-words.ts'
import type { Failure, PutOutcome } from '../providers/contract.ts'
import { CallCount, withSession } from '../providers/session.ts'
import { dropKept } from '../resolver/stale-files.ts'
import { describeValue, type Fingerprint } from '../resolver/metadata.ts'
import { isPlaceholder } from '../secret/placeholder.ts'

const ATTEMPTS = 8
const PAUSE_MS = 20

/** @param value the caller's, who wipes it */
export async function store(
  instruction: Instruction,
  value: Buffer,
  fingerprint: Fingerprint,
): Promise<Report> {
  const count = new CallCount(instruction.calls)
  const report = await stored(instruction, value, fingerprint, count)
  return { ...report, spent: count.spent }
}

async function stored(
  instruction: Instruction,
  value: Buffer,
  fingerprint: Fingerprint,
  count: CallCount,
): Promise<Report> {
  let outcome = await put(instruction, value, count)
  for (let attempt = 1; outcome.kind === 'conflict' && attempt < ATTEMPTS; attempt++) {
    // Somebody stored another name in the same file at this moment; their write is kept, ours follows.
    await pause(attempt * PAUSE_MS * (0.5 + Math.random()))
    outcome = await put(instruction, value, count)
  }
  // What may have been stored is not what was kept for an outage.
  const changed = outcome.kind === 'written' || outcome.kind === 'unknown'
  const dropped = !changed || dropKept(instruction)
  if (outcome.kind === 'written') {
    const { version, at } = outcome
    const described = describeValue(value, { version }, fingerprint)
    // A version that holds the value is not reported; the value is stored all the same.
    const about = 'fingerprint' in described ? described : { fingerprint: fingerprint(value) }
    return {
      type: 'written',
      ...about,
      ...(await likeness(value, instruction)),
      ...(at === undefined ? {} : { place: at.path }),
      ...(at?.field === undefined ? {} : { field: at.field }),
      ...(dropped ? {} : { undropped: true }),
      warnings: [
        ...(isPlaceholder(value) ? (['PLACEHOLDER_VALUE'] as const) : []),
        ...(value.includes(0) ? (['NUL_BYTE'] as const) : []),
      ],
    }
  }
  if (outcome.kind === 'conflict' || outcome.kind === 'unknown') {
    return { type: 'failed', what: outcome.kind, code: 'PROVIDER_UNAVAILABLE' }
  }
  const { code, reason, place } = outcome
  return {
    type: 'failed',
    what: 'store',
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(place === undefined ? {} : { place }),
  }
}

/**
 * What the stored value looks like, what it is expected to be first. Patterns need a string, which cannot be wiped; this process ends as
 * soon as it has reported.
 */
async function likeness(
  value: Buffer,
  { expected }: Instruction,
): Promise<Pick<Extract<Report, { type: 'written' }>, 'looksLike' | 'misfits'>> {
  const { candidates, fitsAny } = await import('../../targets/detect.ts')
  const text = value.toString('latin1')
  const misfits = expected
    .filter((ids) => fitsAny(ids, text) === 'unfit')
    .flatMap(([id = '']) => id)
  const meant = new Set(expected.flat())
  const found = candidates(text)
  const looksLike = [
    ...found.filter((id) => meant.has(id)),
    ...found.filter((id) => !meant.has(id)),
  ]
  return { looksLike, misfits }
}

async function put(instruction: Instruction, value: Buffer, count: CallCount): Promise<PutOutcome> {
  const { at, operation } = instruction
  const outcome = await withSession(
    instruction,
    async (session) => session.put?.(at, value, { expect: 'any', operation }),
    count,
  )
  return outcome ?? unsupported
}

const unsupported: Failure = { kind: 'malformed', code: 'PROVIDER_UNSUPPORTED' }
