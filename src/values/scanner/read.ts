/** The content of one file, or why there is none to search. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Skip } from '../../gateway/scan/words.ts'
import { errnoOf } from '../../errors.ts'
import { allocate, copy, wipe } from '../secret/bytes.ts'

const MOST_BYTES = 10 * 1024 * 1024
/** A NUL in these is what tells a binary file, as for git and grep. */
const LOOKED_AT = 8 * 1024

/** `owner` of the file: a user id. */
export type Content =
  | { kind: 'text'; bytes: Buffer; owner: number }
  | { kind: Skip }
  | { kind: 'unreadable' }

export class Reader {
  /** One more than is searched, so that a file that grows meanwhile is seen. */
  readonly #room = allocate(MOST_BYTES + 1)

  /**
   * @param isStill whether what was opened is what was meant
   * @returns `bytes` are ours, and true only until the next call
   */
  read(path: Buffer, isStill: (fd: number) => boolean = () => true): Content {
    let fd
    try {
      // O_NONBLOCK: a FIFO must not hang us. O_NOFOLLOW: what was a file when we looked may be a link now.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      fd = openSync(path, flags | constants.O_NOCTTY)
    } catch (error) {
      // A socket, a device without a driver; or a link, which is not followed.
      return {
        kind: ['ENXIO', 'ENODEV', 'ELOOP'].includes(errnoOf(error) ?? '')
          ? 'special'
          : 'unreadable',
      }
    }
    try {
      const st = fstatSync(fd)
      if (!st.isFile()) return { kind: 'special' }
      if (!isStill(fd)) return { kind: 'unreadable' }
      if (st.size > MOST_BYTES) return { kind: 'huge' }
      const size = this.#fill(fd)
      if (size > MOST_BYTES) return { kind: 'huge' }
      return textIn(this.#room.subarray(0, size), st.uid)
    } catch {
      return { kind: 'unreadable' }
    } finally {
      closeSync(fd)
    }
  }

  wipe(): void {
    wipe(this.#room)
  }

  #fill(fd: number): number {
    let size = 0
    for (;;) {
      const more = readSync(fd, this.#room, size, this.#room.length - size, null)
      size += more
      if (more === 0 || size === this.#room.length) return size
    }
  }
}

/** UTF-16 is told by its mark (RFC 2781), as Windows writes it; without one it counts as binary. */
function textIn(bytes: Buffer, owner: number): Content {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0
  if (mark === 0xfffe || mark === 0xfeff) {
    const units = copy(bytes.subarray(2, bytes.length - (bytes.length % 2)))
    if (mark === 0xfeff) units.swap16()
    const text = Buffer.from(units.toString('utf16le'))
    wipe(units)
    return { kind: 'text', bytes: text, owner }
  }
  if (bytes.subarray(0, LOOKED_AT).includes(0)) return { kind: 'binary' }
  return { kind: 'text', bytes, owner }
}
