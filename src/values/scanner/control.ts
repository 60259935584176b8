/**
 * The scanner's end of its pipe to control. Everything is synchronous: a control that does not read makes
 * us wait, and one that is gone ends us with the next word.
 */
import { readSync, writeSync } from 'node:fs'
import type { ScanInstruction, ScanMessage } from '../../gateway/scan/words.ts'
import { errnoOf } from '../../errors.ts'

const CONTROL = 3
const CHUNK = 64 * 1024
const PAUSE_MS = 2

/** @returns undefined where control went away without one */
export function instruction(): ScanInstruction | undefined {
  const parts: Buffer[] = []
  for (;;) {
    const chunk = Buffer.alloc(CHUNK)
    const size = patiently(() => readSync(CONTROL, chunk))
    if (size === 0) return undefined
    parts.push(chunk.subarray(0, size))
    if (chunk[size - 1] !== 0x0a) continue
    const given: ScanInstruction = JSON.parse(Buffer.concat(parts).toString())
    return given
  }
}

/** @throws where nobody is there to take it */
export function tell(message: ScanMessage): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let at = 0; at < line.length;) at += patiently(() => writeSync(CONTROL, line, at))
}

/** Whether a descriptor that we are given blocks is the parent's choice. */
function patiently(work: () => number): number {
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}
