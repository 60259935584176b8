/**
 * Control's end of a process that reads a value from the user's stdin: starts it, hands it the stdin and
 * what it is to do, and takes in its report as text that a parser of closed fields then reads.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { CANCELLING, type Cancelling } from './set-words.ts'
import { valueProcess, type ValueProcess } from '../value-process.ts'

export const MAX_REPORT_BYTES = 16 * 1024

export interface ValueInput<R> {
  /** When the process has ended; `undefined` where it said nothing, or what it may not. */
  report: Promise<R | Cancelled | undefined>
  /** Asks it to stop. What it has begun it still finishes, and reports. */
  cancel(): void
  /** Ends it at once. */
  kill(): void
}

export interface Cancelled {
  type: 'cancelled'
  signal?: Cancelling
}

/**
 * @param instruction what it is to do; names and paths, never a value
 * @param parse what it sent; `undefined` where that breaks the contract
 * @param most bytes that it may send
 */
export function startValueInput<R>(
  name: ValueProcess,
  instruction: object,
  parse: (text: string) => R | undefined,
  most = MAX_REPORT_BYTES,
): ValueInput<R> {
  const child = spawn(process.execPath, valueProcess(name), {
    // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
    env: {},
    cwd: '/',
    // Not detached: a prompt is for the process group that the terminal has in its foreground.
    stdio: ['inherit', 'ignore', 'inherit', 'pipe'],
  })
  const { promise, resolve } = Promise.withResolvers<R | Cancelled | undefined>()
  child.once('error', () => resolve(undefined))
  const pipe = child.pid === undefined ? undefined : child.stdio[3]
  // Where there were no descriptors left, nothing was started; `error` tells.
  if (!(pipe instanceof Socket)) return { report: promise, cancel: nothing, kill: nothing }
  let text = ''
  pipe
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (text.length > most) child.kill('SIGKILL')
    })
    // It is gone; its silence says so.
    .on('error', nothing)
  // Not before it has ended: only then the terminal is as it was.
  child.once('close', (_code, by) => {
    // It hears these signals before it reads anything: one that killed it came earlier still.
    const signal = CANCELLING.find((one) => one === by)
    resolve(signal ? { type: 'cancelled', signal } : parse(text))
  })
  pipe.write(`${JSON.stringify(instruction)}\n`)
  return { report: promise, cancel: () => pipe.end(), kill: () => child.kill('SIGKILL') }
}

function nothing(): void {}
