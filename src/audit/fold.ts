/** Lines that stand in a log already, folded into chain and tree. In flat memory. */
import { readSync } from 'node:fs'
import type { Tip } from './chain.ts'
import { tampered } from './failures.ts'
import { leafHash } from './hash.ts'
import { appendLeaf } from './merkle.ts'
import { MAX_LINE } from './serialise.ts'

const NEWLINE = 10
const CHUNK = 64 * 1024

export interface Folded {
  tip: Tip
  /** Bytes behind the last newline. */
  torn: number
}

/**
 * Reads on from `from`, which ends with a newline, to byte `end` of the same segment, or to record
 * `until`. Errors: AUDIT_TAMPERED at the first line that does not name its place and the line before it.
 */
export function foldLines(
  fd: number,
  from: Tip,
  end: number,
  until: number = Number.POSITIVE_INFINITY,
): Folded {
  let tip = from
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(0, end - from.size)))
  let position = from.size
  let filled = 0
  while (position < end && tip.seq < until) {
    if (filled === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length)
    const n = readSync(
      fd,
      buffer,
      filled,
      Math.min(buffer.length - filled, end - position),
      position,
    )
    if (n === 0) break
    position += n
    const view = buffer.subarray(0, filled + n)
    let start = 0
    for (let at = view.indexOf(NEWLINE, filled); at >= 0; at = view.indexOf(NEWLINE, start)) {
      tip = grown(tip, view.subarray(start, at))
      start = at + 1
      if (tip.seq === until) return { tip, torn: 0 }
    }
    view.copyWithin(0, start)
    filled = view.length - start
    if (filled > MAX_LINE) throw tampered('the audit log ends with more than a record can be')
  }
  return { tip, torn: filled }
}

/** @param line valid only during the call */
function grown({ seq, hash, size, first, range }: Tip, line: Buffer): Tip {
  // Both stand where `serialise` puts them: first and last. A line of another form is none of ours.
  const begins = `{"v":1,"seq":${seq + 1},`
  const ends = `"prev":"${hash}"}`
  const last = Math.max(0, line.length - ends.length)
  if (
    line.toString('latin1', 0, begins.length) !== begins ||
    line.toString('latin1', last) !== ends
  ) {
    throw tampered(`line ${seq + 1} of the audit log is not a record that follows`)
  }
  const leaf = leafHash(line)
  return {
    seq: seq + 1,
    hash: leaf,
    size: size + line.length + 1,
    first,
    range: appendLeaf(range, leaf),
    before: range,
  }
}
