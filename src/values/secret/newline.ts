/** The newline that an editor or `echo` puts after a value, which is not the value's. */

const LF = 0x0a
const CR = 0x0d
const END_OF_PEM = /^-----END [A-Z0-9 ]+-----\r?\n$/
const END_MARK = '-----END '
const LONGEST_END = 100

/**
 * How many bytes at the end of `bytes` are that newline: 0, 1 (`\n`) or 2 (`\r\n`). A PEM block keeps
 * its own: programs that read one refuse it without (RFC 7468, `posteb`; OpenSSH).
 */
export function newlineAfter(bytes: Buffer): 0 | 1 | 2 {
  if (bytes.at(-1) !== LF) return 0
  const end = bytes.lastIndexOf(END_MARK)
  // Only what follows the mark is looked at as text: a label, and nothing of the key before it.
  if (end !== -1 && bytes.length - end <= LONGEST_END) {
    if (END_OF_PEM.test(bytes.toString('latin1', end))) return 0
  }
  return bytes.at(-2) === CR ? 2 : 1
}
