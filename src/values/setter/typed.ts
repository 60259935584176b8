/** A value typed at a prompt: raw mode, no echo, and the terminal as it was in every case. */
import { setTimeout as pause } from 'node:timers/promises'
import { ReadStream } from 'node:tty'
import { allocate, wipe } from '../secret/bytes.ts'
import { MAX_VALUE_BYTES, refused, type Input } from './input.ts'
import { Line } from './line.ts'

/** How long nothing must come before a line counts as the whole input. */
const QUIET_MS = 50
/** The same after a refusal: what is left of a paste must not reach the user's shell. */
const DRAINED_MS = 300
/** For the mark that ends a paste. */
const UNMARKED_MS = 2000
const CHUNK_BYTES = 16 * 1024

const MARKS_ON = '\u001b[?2004h'
const MARKS_OFF = '\u001b[?2004l'
const BELL = '\u0007'

export interface Prompt {
  /** What the value is for, where it is for something. */
  ref?: string
  /** What is asked for; left out: a value. */
  asks?: string
  /** Whether the terminal can be told to mark where a paste begins and ends. */
  pasteMarks: boolean
}

/**
 * @param cancel ends the prompt; its reason may be a signal
 * @param fd of the terminal; closed afterwards
 */
export async function readTyped(prompt: Prompt, cancel: AbortSignal, fd = 0): Promise<Input> {
  const line = new Line(MAX_VALUE_BYTES)
  const chunk = allocate(CHUNK_BYTES)
  const over = Promise.withResolvers<'line' | 'gone'>()
  let quiet: NodeJS.Timeout | undefined

  const received = (length: number): true => {
    const before = line.ignored
    line.feed(chunk.subarray(0, length))
    wipe(chunk)
    clearTimeout(quiet)
    if (line.ignored > before) say(BELL)
    if (line.signal !== undefined) over.resolve('line')
    else if (line.ended || line.fault !== undefined) {
      const wait = line.pasting ? UNMARKED_MS : line.fault === undefined ? QUIET_MS : DRAINED_MS
      quiet = setTimeout(() => over.resolve('line'), wait)
    }
    return true
  }
  const terminal = new ReadStream(fd, { onread: { buffer: chunk, callback: received } })
  const gone = (): void => over.resolve('gone')
  terminal.on('error', gone).on('end', gone)
  cancel.addEventListener('abort', gone, { once: true })
  const ask = (): void => {
    terminal.setRawMode(true)
    const purpose = prompt.ref === undefined ? '' : ` for ${prompt.ref}`
    const asks = prompt.asks ?? 'value'
    say(`${prompt.pasteMarks ? MARKS_ON : ''}${asks}${purpose} (not shown): `)
  }
  const askAgain = (): void => {
    // Whoever stopped us and let us go on may have given the terminal its echo back.
    terminal.setRawMode(false)
    ask()
  }
  process.on('SIGCONT', askAgain)
  try {
    ask()
    terminal.resume()
    const end = await over.promise
    if (cancel.aborted) {
      // What was typed or pasted just before is ours to take, and not for the shell.
      await pause(QUIET_MS)
      return { kind: 'cancelled' }
    }
    if (line.signal !== undefined) return { kind: 'cancelled', signal: line.signal }
    if (end === 'gone') return refused('unreadable')
    if (line.fault !== undefined) return refused(line.fault)
    return line.length === 0 ? refused('empty') : { kind: 'value', value: line.copy() }
  } finally {
    clearTimeout(quiet)
    process.off('SIGCONT', askAgain)
    terminal.setRawMode(false)
    say(`${prompt.pasteMarks ? MARKS_OFF : ''}\n`)
    terminal.destroy()
    line.wipe()
    wipe(chunk)
  }
}

function say(text: string): void {
  process.stderr.write(text)
}
