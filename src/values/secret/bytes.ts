/**
 * The bytes of a value. They live in memory of their own, outside of V8's heap, and are wiped after
 * use. Not in Node's shared pool, where a neighbour could be read; and not in a buffer of 64 bytes or
 * less from `Buffer.alloc`, `allocUnsafeSlow` or `new Uint8Array(n)`: V8 keeps those in its heap, and
 * the garbage collector moves them and leaves copies behind that no wipe reaches. An `ArrayBuffer`
 * that is made first never moves.
 */

/** `size` bytes of own memory, filled with zeros. */
export function allocate(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size))
}

/** A copy in own memory; the caller wipes it. */
export function copy(bytes: Uint8Array): Buffer {
  return concat(bytes)
}

/** All of them in a row, in own memory; the caller wipes it. */
export function concat(...parts: readonly ArrayLike<number>[]): Buffer {
  const whole = allocate(parts.reduce((size, part) => size + part.length, 0))
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
