/** Bytes that come in bit by bit, always in own memory: what is outgrown is wiped. */
import { allocate, copy, wipe } from '../secret/bytes.ts'

const FIRST_SIZE = 4096

export class Growing {
  readonly #limit: number
  #bytes = allocate(FIRST_SIZE)
  #length = 0

  /** @param limit how many bytes it may come to hold */
  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#length
  }

  /** False where that would be more than the limit; then nothing is added. */
  push(bytes: Uint8Array): boolean {
    if (!this.#makeRoom(bytes.length)) return false
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return true
  }

  /** The same for one byte, without a buffer for it. */
  pushByte(byte: number): boolean {
    if (!this.#makeRoom(1)) return false
    this.#bytes[this.#length] = byte
    this.#length += 1
    return true
  }

  /** Takes the last character back: a byte, and in UTF-8 all that belong to it. */
  pop(): void {
    while (this.#length > 0) {
      this.#length -= 1
      const byte = this.#bytes[this.#length] ?? 0
      this.#bytes[this.#length] = 0
      if ((byte & 0xc0) !== 0x80) return
    }
  }

  /** A copy without the last `dropped` bytes; the caller wipes it. */
  copy(dropped = 0): Buffer {
    return copy(this.#bytes.subarray(0, this.#length - dropped))
  }

  wipe(): void {
    wipe(this.#bytes)
    this.#length = 0
  }

  #makeRoom(more: number): boolean {
    const length = this.#length + more
    if (length > this.#limit) return false
    if (length > this.#bytes.length) {
      const larger = allocate(Math.max(length, 2 * this.#bytes.length))
      larger.set(this.#bytes)
      wipe(this.#bytes)
      this.#bytes = larger
    }
    return true
  }
}
