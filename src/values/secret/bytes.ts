/**
 * The bytes of a value. They live in memory of their own (`allocUnsafeSlow`: never a slice of Node's
 * shared pool, where a wipe would miss copies and a neighbour could be read), and are wiped after use.
 */

/** `size` bytes of own memory, filled with zeros. */
export function allocate(size: number): Buffer {
  // Buffer.alloc may not be used: nothing promises that it stays out of a pool.
  return Buffer.allocUnsafeSlow(size).fill(0)
}

/** A copy in own memory; the caller wipes it. */
export function copy(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}

/** All of them in a row, in own memory; the caller wipes it. (`Buffer.concat` takes from the pool.) */
export function concat(...parts: readonly ArrayLike<number>[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Overwrites every byte with zero. What is absent is skipped, so that a failure path needs no checks. */
export function wipe(...buffers: readonly (Uint8Array | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0)
}
