/** A value from a pipe or a file: all of it, less the newline after it. */
import { fstatSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { allocate, wipe } from '../secret/bytes.ts'
import { newlineAfter } from '../secret/newline.ts'
import { Growing } from './growing.ts'
import { MAX_VALUE_BYTES, refused, type Input } from './input.ts'

const STDIN = 0
const CHUNK_BYTES = 64 * 1024

/** @param cancel ends it before the input has ended */
export async function readPiped(cancel: AbortSignal, fd = STDIN): Promise<Input> {
  const text = new Growing(MAX_VALUE_BYTES + 2)
  const chunk = allocate(CHUNK_BYTES)
  try {
    const kind = fstatSync(fd)
    const end =
      kind.isFIFO() || kind.isSocket()
        ? await listen(fd, text, chunk, cancel)
        : readFile(fd, text, chunk)
    if (end !== 'end') return end
    const whole = text.copy(0)
    const newline = newlineAfter(whole)
    wipe(whole)
    const length = text.length - newline
    if (length === 0) return refused('empty')
    if (length > MAX_VALUE_BYTES) return refused('too-large')
    return { kind: 'value', value: text.copy(newline) }
  } finally {
    text.wipe()
    wipe(chunk)
  }
}

/** Not by a blocking read: whoever feeds us may never end, and a cancel must be heard meanwhile. */
function listen(
  fd: number,
  text: Growing,
  chunk: Buffer,
  cancel: AbortSignal,
): Promise<Input | 'end'> {
  const { promise, resolve } = Promise.withResolvers<Input | 'end'>()
  const stdin = new Socket({
    fd,
    writable: false,
    onread: {
      buffer: chunk,
      callback: (length) => {
        const fits = text.push(chunk.subarray(0, length))
        wipe(chunk)
        if (!fits) resolve(refused('too-large'))
        return fits
      },
    },
  })
  stdin.on('end', () => resolve('end')).on('error', () => resolve(refused('unreadable')))
  cancel.addEventListener('abort', () => resolve({ kind: 'cancelled' }), { once: true })
  return promise.finally(() => stdin.destroy())
}

/** A regular file, `/dev/null`: they answer at once. */
function readFile(fd: number, text: Growing, chunk: Buffer): Input | 'end' {
  for (;;) {
    let length: number
    try {
      length = readSync(fd, chunk, 0, chunk.length, null)
    } catch {
      // A folder, or a broken disk. What the system said is of no use here.
      return refused('unreadable')
    }
    if (length === 0) return 'end'
    if (!text.push(chunk.subarray(0, length))) return refused('too-large')
  }
}
