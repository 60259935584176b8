/**
 * Of each rotation the last answer that did not take it further, beside the journal: the journal keeps only
 * for what it was given up. Closed fields, which are checked again where they are read.
 */
import { constants } from 'node:os'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { CODES, type Code } from '../errors.ts'
import { isFailureReason } from '../policy/reasons.ts'
import { guarded } from '../state/db.ts'
import { PROGRAM_STEPS, type ProgramEnd } from './program.ts'
import { ACTIONS, RESULTS, type Action, type Result, type Rotation, type Step } from './types.ts'

/** `new`: what was made, or brought. `old`: what it replaces. */
export type Whose = 'new' | 'old'

export interface Answer<A extends Action = Action> {
  did: A
  result: Result
  code?: Code
  reason?: string
  /** The service that it is for said so, and not the store where the ref lies. */
  service?: true
  /** Of the driver `exec`: for what its program was started, and how it ended. */
  program?: ProgramEnd
  /** The value that it is said of; left out: the one by which the driver acted. */
  whose?: Whose
}

/** Made on use: a journal of an earlier version does not have it. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS answers (
  rotation TEXT PRIMARY KEY,
  did TEXT NOT NULL,
  result TEXT NOT NULL,
  code TEXT,
  reason TEXT,
  service INTEGER NOT NULL,
  whose TEXT,
  program TEXT,
  exit INTEGER,
  signal TEXT,
  timeout_ms INTEGER
) STRICT;
`

/** Where undoing leads to: why it was undone is still to be told there. */
const UNDONE: ReadonlySet<Step> = new Set(['failed', 'planned', 'stuck', 'abandoned'])

/** Part of the transaction that writes the step to which this answer led; one that took it further ends the last one. */
export function enterAnswer(
  db: DatabaseSync,
  { id, step }: Rotation,
  { did, result, code, reason, service, whose, program }: Partial<Answer>,
): void {
  if (result === 'ok') {
    // Looking is no progress.
    if (did === 'reconcile' || UNDONE.has(step) || !isThere(db)) return
    db.prepare('DELETE FROM answers WHERE rotation = ?').run(id)
    return
  }
  if (result === undefined || did === undefined) return
  db.exec(SCHEMA)
  db.prepare('INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    id,
    did,
    result,
    code ?? null,
    reason ?? null,
    Number(service === true),
    whose ?? null,
    program?.step ?? null,
    program?.exit ?? null,
    program?.signal ?? null,
    program?.timeoutMs ?? null,
  )
}

/** @param id of the rotation. @returns `undefined` where its last step went well. @throws STATE_UNAVAILABLE */
export function answerOf(db: DatabaseSync, id: string): Answer | undefined {
  return guarded(db, () => {
    if (!isThere(db)) return undefined
    const row = db.prepare('SELECT * FROM answers WHERE rotation = ?').get(id)
    return row && toAnswer(row)
  })
}

function isThere(db: DatabaseSync): boolean {
  return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'answers'`).get() !== undefined
}

/** What has no form of ours, as from a later version, is not told. */
function toAnswer(row: Record<string, SQLOutputValue>): Answer | undefined {
  const did = ACTIONS.find((one) => one === row['did'])
  const result = RESULTS.find((one) => one === row['result'])
  if (did === undefined || result === undefined) return undefined
  const { reason, whose } = row
  const code = CODES.find((one) => one === row['code'])
  const program = programOf(row)
  return {
    did,
    result,
    ...(code === undefined ? {} : { code }),
    ...(isFailureReason(reason) ? { reason } : {}),
    ...(row['service'] === 1 ? { service: true } : {}),
    ...(whose === 'new' || whose === 'old' ? { whose } : {}),
    ...(program === undefined ? {} : { program }),
  }
}

function programOf(row: Record<string, SQLOutputValue>): ProgramEnd | undefined {
  const step = PROGRAM_STEPS.find((one) => one === row['program'])
  if (step === undefined) return undefined
  const { exit, timeout_ms: timeoutMs } = row
  const signal = Object.keys(constants.signals).find((one) => one === row['signal'])
  return {
    step,
    ...(typeof exit === 'number' ? { exit } : {}),
    ...(signal === undefined ? {} : { signal }),
    ...(typeof timeoutMs === 'number' ? { timeoutMs } : {}),
  }
}
