/** How a process of this wing takes its orders: one line of JSON. */
import { readSync } from 'node:fs'

/** Blocks until control has said something on `fd`; `undefined` at end of file. */
export function firstLine(fd: number): string | undefined {
  const chunks: Buffer[] = []
  const chunk = Buffer.alloc(64 * 1024)
  for (;;) {
    const length = readSync(fd, chunk, 0, chunk.length, null)
    if (length === 0) return undefined
    chunks.push(Buffer.from(chunk.subarray(0, length)))
    if (chunk[length - 1] === 0x0a) return Buffer.concat(chunks).toString()
  }
}
