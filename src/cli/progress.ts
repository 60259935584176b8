/** One line on a terminal that says how far long work has come; nothing anywhere else. */
import { isatty } from 'node:tty'
import { printable, type Io } from './io.ts'
import { width } from './table.ts'

/** Short enough for the narrowest terminal that people use; a line that wraps cannot be taken back. */
const COLUMNS = 79

export interface Progress {
  show(text: string): void
  /** Takes the line away. */
  clear(): void
}

/** On stderr: data on stdout stays as it is. */
export function progressLine(io: Pick<Io, 'err' | 'env'>): Progress {
  if (!isatty(2) || io.env['TERM'] === 'dumb') return { show: () => {}, clear: () => {} }
  let shown = false
  return {
    show(text) {
      io.err(`\r\x1b[K${cut(printable(text))}`)
      shown = true
    },
    clear() {
      if (shown) io.err('\r\x1b[K')
      shown = false
    },
  }
}

function cut(text: string): string {
  if (width(text) <= COLUMNS) return text
  let columns = 0
  let short = ''
  for (const char of text) {
    columns += width(char)
    if (columns >= COLUMNS) break
    short += char
  }
  return `${short}…`
}
