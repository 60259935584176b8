/**
 * One line as it is typed or pasted into a terminal in raw mode. Nobody sees what they type here, so a
 * key that does something else than what it was pressed for must not leave its bytes in the value.
 *
 * A terminal that marks pastes (`ESC [ 200 ~` … `ESC [ 201 ~`, xterm's bracketed paste) makes it certain
 * where one ends; elsewhere the caller waits until nothing more comes.
 */
import type { InputFault } from '../../gateway/input/set-words.ts'
import { Growing } from './growing.ts'

const CTRL_C = 0x03
const CTRL_D = 0x04
const BACKSPACE = 0x08
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const CTRL_U = 0x15
const CTRL_BACKSLASH = 0x1c
const ESC = 0x1b
const DELETE = 0x7f

/** After an ESC: `[` and `O`. */
const CSI = 0x5b
const SS3 = 0x4f
const TILDE = 0x7e
const PASTE_BEGINS = 200
const PASTE_ENDS = 201

export class Line {
  readonly #text: Growing
  /** Where we are in what a key sends that is no character; never part of a value. */
  #sequence: 'start' | 'csi' | 'ss3' | undefined
  #parameter = 0
  #afterReturn = false
  /** Between the marks of a paste. */
  pasting = false
  /** The line is complete; whatever follows makes it more than one. */
  ended = false
  fault: InputFault | undefined
  signal: 'SIGINT' | 'SIGQUIT' | undefined
  /** How many keys had no effect. */
  ignored = 0

  constructor(limit: number) {
    this.#text = new Growing(limit)
  }

  feed(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#sequence !== undefined) this.#continueSequence(byte)
      else if (byte === ESC) this.#sequence = 'start'
      else this.#key(byte)
    }
  }

  get length(): number {
    return this.#text.length
  }

  /** A copy in own memory; the caller wipes it. */
  copy(): Buffer {
    return this.#text.copy()
  }

  wipe(): void {
    this.#text.wipe()
  }

  #key(byte: number): void {
    if (!this.pasting && byte === CTRL_C) this.signal ??= 'SIGINT'
    else if (!this.pasting && byte === CTRL_BACKSLASH) this.signal ??= 'SIGQUIT'
    else if (this.ended) {
      // Some terminals send both for one Return.
      if (byte !== LF || !this.#afterReturn) this.fault ??= 'many-lines'
    } else if (byte === CR || byte === LF) this.ended = true
    else if (byte >= 0x20 && byte !== DELETE) this.#add(byte)
    else if (byte === TAB) this.#add(byte)
    else if (this.pasting) this.fault ??= 'control'
    else this.#control(byte)
    this.#afterReturn = byte === CR
  }

  #control(byte: number): void {
    if (byte === DELETE || byte === BACKSPACE) this.#text.pop()
    else if (byte === CTRL_U) this.#text.wipe()
    else if (byte === CTRL_D && this.#text.length === 0) this.ended = true
    else this.ignored += 1
  }

  #add(byte: number): void {
    if (!this.#text.pushByte(byte)) this.fault ??= 'too-large'
  }

  /** ECMA-48: `[`, parameters, and a final byte; `O` and one byte (SS3); else ESC is for Alt. */
  #continueSequence(byte: number): void {
    if (this.#sequence === 'start' && byte === CSI) {
      this.#sequence = 'csi'
      this.#parameter = 0
    } else if (this.#sequence === 'start' && byte === SS3) this.#sequence = 'ss3'
    else if (this.#sequence === 'csi' && byte >= 0x20 && byte < 0x40) this.#digit(byte - 0x30)
    else {
      const mark = this.#sequence === 'csi' && byte === TILDE ? this.#parameter : 0
      this.#sequence = undefined
      if (mark === PASTE_BEGINS) this.pasting = true
      else if (mark === PASTE_ENDS) this.pasting = false
      else if (this.pasting) this.fault ??= 'control'
      else this.ignored += 1
    }
  }

  #digit(digit: number): void {
    // What is no digit makes a sequence that we do not know.
    const known = digit >= 0 && digit <= 9 && this.#parameter <= PASTE_ENDS
    this.#parameter = known ? this.#parameter * 10 + digit : NaN
  }
}
