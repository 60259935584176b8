/** `secretref log show | archive`. */
import { createInterface } from 'node:readline/promises'
import { archiveLog } from '../audit/archive.ts'
import type { Found } from '../audit/records.ts'
import type { AuditRecord } from '../audit/record.ts'
import { SecretRefError } from '../errors.ts'
import { actorOf } from '../gateway/actor.ts'
import { safeJson } from '../printable.ts'
import { printable, type Io } from './io.ts'
import { readLog, type Source } from './log-source.ts'
import { logTable } from './log-table.ts'

export interface ShowOptions extends Source {
  limit?: number
  json?: true
}

/** Prints the records that match, newest last. 1 where a line of the log is no record. */
export async function logShow(io: Io, { limit, json, ...source }: ShowOptions): Promise<number> {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new SecretRefError('USAGE', '--limit is not a number of records', {
      hint: 'write a whole number above 0',
    })
  }
  return readLog(io, source, (found) => {
    const shown = limit === undefined ? recordsIn(found) : last(recordsIn(found), limit)
    if (json) showJson(io, shown)
    else for (const text of logTable(shown, io.columns)) io.out(text)
  })
}

/** Puts the log aside and begins a new one. Asks on a terminal; elsewhere `--yes` is needed. */
export async function logArchive(io: Io, options: { yes?: true }): Promise<number> {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not archive the audit log', {
      scope: 'audit',
      hint: 'that is for a person to do, outside of a run',
    })
  }
  if (!options.yes && !(await confirmed(io))) {
    throw new SecretRefError('USAGE', 'nothing was archived', {
      hint: process.stdin.isTTY
        ? 'the log is as it was'
        : `\`${io.program} log archive --yes\` does it without asking`,
    })
  }
  const target = await archiveLog(io.home, actorOf(), io.now())
  io.out(
    target === undefined
      ? 'there was no log left; a new one begins, and says so\n'
      : `archived: ${printable(target)}; a new log begins, and says so\n`,
  )
  return 0
}

function* recordsIn(found: Iterable<Found>): Generator<AuditRecord> {
  for (const { record } of found) yield record
}

function last(found: Iterable<AuditRecord>, limit: number): AuditRecord[] {
  const kept: AuditRecord[] = []
  for (const record of found) {
    kept.push(record)
    if (kept.length >= 2 * limit) kept.splice(0, kept.length - limit)
  }
  return kept.slice(-limit)
}

function showJson(io: Io, shown: Iterable<AuditRecord>): void {
  let separator = '{"version":1,"records":[\n'
  for (const record of shown) {
    io.out(separator + safeJson(record))
    separator = ',\n'
  }
  io.out(separator.startsWith(',') ? '\n]}\n' : '{"version":1,"records":[]}\n')
}

/** No, too, where Ctrl-C or the end of input is the answer. */
async function confirmed(io: Io): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const gone = new AbortController()
  prompt.once('SIGINT', () => gone.abort()).once('close', () => gone.abort())
  try {
    const answer = await prompt.question(
      `put ${printable(io.home.auditLog)} aside and begin a new log? [y/N] `,
      { signal: gone.signal },
    )
    return /^y(?:es)?$/i.test(answer.trim())
  } catch (error) {
    if (!gone.signal.aborted) throw error
    io.err('\n')
    return false
  } finally {
    prompt.close()
  }
}
