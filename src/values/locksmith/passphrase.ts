/** A new passphrase: typed twice without echo, or all that is piped in, less the newline after it. */
import { closeSync, constants, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import { wipe } from '../secret/bytes.ts'
import type { Input } from '../setter/input.ts'
import { cancelledBy, readValue } from '../setter/read.ts'
import { readTyped } from '../setter/typed.ts'
import { fault, type Report, type Work } from './report.ts'

const STDIN = 0

/** @returns the bytes, which the caller wipes, or what is reported instead */
export async function newPassphrase({ prompt, cancel }: Work): Promise<Buffer | Report> {
  const ask = { ...prompt, asks: 'new passphrase' }
  if (!isatty(STDIN)) {
    const piped = await readValue(ask, cancel)
    return piped.kind === 'value' ? piped.value : unread(piped, cancel)
  }
  // A prompt closes its terminal; the second one needs a descriptor of its own.
  const again = openSync('/dev/fd/0', constants.O_RDONLY | constants.O_NOCTTY)
  const first = await readTyped(ask, cancel)
  if (first.kind !== 'value') {
    closeSync(again)
    return unread(first, cancel)
  }
  const second = await readTyped({ ...prompt, asks: 'the same again' }, cancel, again)
  if (second.kind !== 'value') {
    wipe(first.value)
    return unread(second, cancel)
  }
  const same = first.value.equals(second.value)
  wipe(second.value)
  if (same) return first.value
  wipe(first.value)
  return fault('differs', 'USAGE')
}

function unread(input: Exclude<Input, { kind: 'value' }>, cancel: AbortSignal): Report {
  return input.kind === 'refused'
    ? { type: 'refused', fault: input.fault }
    : cancelledBy(input, cancel)
}
