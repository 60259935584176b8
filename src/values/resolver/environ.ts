/**
 * The gateway's own initial environment, as bytes. It is read from `/proc/<pid>/environ`, so that here
 * what its caller put there becomes no string, and nobody has to hand it over.
 * Where there is no /proc, the gateway hands the needed ones over in our own environment, under a prefix:
 * there they are strings, which no wipe reaches until this process ends.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { HANDED_PREFIX } from '../../gateway/sheet.ts'
import { allocate, wipe } from '../secret/bytes.ts'

/**
 * @param names the variables wanted; others are not kept
 * @returns each that exists, in a buffer of its own that the caller wipes
 */
export function readEnvironment(
  gatewayPid: number | undefined,
  names: ReadonlySet<string>,
): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  if (names.size === 0) return found
  if (gatewayPid === undefined) {
    for (const name of names) {
      const value = process.env[`${HANDED_PREFIX}${name}`]
      if (value !== undefined) found.set(name, copyOf(Buffer.from(value)))
    }
    return found
  }
  const block = readWhole(`/proc/${gatewayPid}/environ`)
  for (let start = 0; start < block.length;) {
    let end = block.indexOf(0, start)
    if (end === -1) end = block.length
    const equals = block.indexOf(0x3d, start)
    if (equals > start && equals < end) {
      const name = block.toString('latin1', start, equals)
      // getenv(3) answers with the first of two entries that share a name.
      if (names.has(name) && !found.has(name))
        found.set(name, copyOf(block.subarray(equals + 1, end)))
    }
    start = end + 1
  }
  wipe(block)
  return found
}

function copyOf(bytes: Buffer): Buffer {
  const copy = allocate(bytes.length)
  bytes.copy(copy)
  return copy
}

/** A /proc file has no size to ask for; it is read until it ends. */
function readWhole(path: string): Buffer {
  const fd = openSync(path, 'r')
  let block = allocate(64 * 1024)
  let length = 0
  try {
    for (;;) {
      const read = readSync(fd, block, length, block.length - length, null)
      if (read === 0) break
      length += read
      if (length === block.length) {
        const larger = allocate(block.length * 2)
        block.copy(larger)
        wipe(block)
        block = larger
      }
    }
  } finally {
    closeSync(fd)
  }
  const exact = allocate(length)
  block.copy(exact, 0, 0, length)
  wipe(block)
  return exact
}
