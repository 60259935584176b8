/** `secretref log export`. */
import { csvHeader, csvLine } from '../audit/csv.ts'
import type { Io } from './io.ts'
import { readLog, type Source } from './log-source.ts'

export interface ExportOptions extends Source {
  format: 'csv' | 'jsonl'
}

/** One write for so much of the output, and not one for each line. */
const CHUNK = 64 * 1024

/**
 * Prints the records that match: as the lines they are, byte by byte, or as CSV. In flat memory.
 * @returns 1 where a line of the log is no record
 */
export async function logExport(io: Io, { format, ...source }: ExportOptions): Promise<number> {
  let text = format === 'csv' ? csvHeader() : ''
  const code = readLog(io, source, (found) => {
    for (const { record, bytes } of found) {
      text += format === 'csv' ? csvLine(record) : `${bytes.toString()}\n`
      if (text.length < CHUNK) continue
      io.out(text)
      text = ''
    }
    io.out(text)
    text = ''
  })
  return code
}
