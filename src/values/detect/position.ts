/** Where in a file: lines from 1, columns from 1 in UTF-16 code units, as editors and SARIF count them. */

const LF = 0x0a

/** Goes through a text once, from each place to the next one behind it. */
export class Position {
  readonly #bytes: Uint8Array
  #at = 0
  #line = 1
  #column = 1

  /** @param bytes UTF-8; what is none counts a column for each byte that could begin a character */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** @param offset not before the one asked for last */
  of(offset: number): { line: number; column: number } {
    for (; this.#at < offset; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0
      if (byte === LF) {
        this.#line += 1
        this.#column = 1
      } else if (byte >= 0xf0) this.#column += 2
      else if ((byte & 0xc0) !== 0x80) this.#column += 1
    }
    return { line: this.#line, column: this.#column }
  }
}
