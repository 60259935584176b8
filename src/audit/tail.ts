/** The end of a log file: what its last whole line says. Reads only as much as that line needs. */
import { readSync } from 'node:fs'
import type { Head } from './chain.ts'
import { tampered } from './failures.ts'
import { leafHash } from './hash.ts'
import { parseRecord } from './read.ts'
import { MAX_LINE } from './serialise.ts'

const NEWLINE = 10
const FIRST_LOOK = 8 * 1024

/** True where the file holds, at its place, the very line that was acknowledged. */
export function holds(fd: number, acknowledged: Head): boolean {
  if (acknowledged.size === 0) return true
  const found = lastLine(fd, 0, acknowledged.size)
  return (
    found?.end === acknowledged.size &&
    leafHash(found.line) === acknowledged.hash &&
    parseRecord(found.line)?.seq === acknowledged.seq
  )
}

/** The first line, without its newline; undefined where no line has ended yet, or none that a record can be. */
export function firstLine(fd: number): Buffer | undefined {
  for (let look = FIRST_LOOK; look < 4 * MAX_LINE; look *= 4) {
    const bytes = read(fd, 0, look)
    const end = bytes.indexOf(NEWLINE)
    if (end >= 0) return bytes.subarray(0, end)
    if (bytes.length < look) break
  }
  return undefined
}

/** The last line that ends with a newline in `[start, end)`, and where it ends. */
export function lastLine(
  fd: number,
  start: number,
  end: number,
): { line: Buffer; end: number } | undefined {
  for (let look = FIRST_LOOK; ; look *= 4) {
    const from = Math.max(start, end - look)
    const bytes = read(fd, from, end)
    const last = bytes.lastIndexOf(NEWLINE)
    // A negative offset would count from the end.
    const before = last > 0 ? bytes.lastIndexOf(NEWLINE, last - 1) : -1
    if (last >= 0 && (before >= 0 || from === start)) {
      return { line: bytes.subarray(before + 1, last), end: from + last + 1 }
    }
    if (from === start) return undefined
    if (look >= 2 * MAX_LINE) throw tampered('the audit log ends with more than a record can be')
  }
}

function read(fd: number, from: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - from)
  let filled = 0
  while (filled < bytes.length) {
    const n = readSync(fd, bytes, filled, bytes.length - filled, from + filled)
    if (n === 0) break
    filled += n
  }
  return bytes.subarray(0, filled)
}
