/**
 * Which signals go on to an agent. Each reaches it exactly once.
 *
 * On a terminal the agent shares our process group and has INT, QUIT, WINCH, TSTP from the terminal
 * itself; forwarding would deliver them twice. A `kill -INT` aimed at the gateway alone cannot be told
 * from the terminal's, and does not go on. Without a terminal the agent leads a session of its own, and
 * everything that can be caught goes on.
 */
import { closeSync, openSync } from 'node:fs'
import type { Surroundings } from './surroundings.ts'

const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGWINCH']
const AIMED_AT_US: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGURG',
  'SIGIO',
  'SIGPWR',
  'SIGTRAP',
  'SIGABRT',
  'SIGSYS',
  'SIGXCPU',
]
/** The shell's job control; on a terminal these act on the whole group, us included. */
const JOB_CONTROL: readonly NodeJS.Signals[] = ['SIGCONT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU']

/**
 * Listens for as long as an agent, or the start of one, is under way.
 *
 * @param handle called once for each signal that is for the agent
 * @returns a function that stops listening
 */
export function forwardSignals(
  surroundings: Surroundings,
  handle: (signal: NodeJS.Signals) => void,
): () => void {
  const listeners = new Map<NodeJS.Signals, () => void>()
  const listen = (signal: NodeJS.Signals, listener: () => void): void => {
    // What our caller chose to ignore stays ignored (nohup, a background job); Node would undo that.
    if (surroundings.ignored.includes(signal.slice('SIG'.length))) return
    listeners.set(signal, listener)
    process.on(signal, listener)
  }
  const { terminal } = surroundings
  for (const signal of FROM_TERMINAL) listen(signal, terminal ? letPass : () => handle(signal))
  for (const signal of AIMED_AT_US) {
    listen(signal, () => {
      if (signal === 'SIGHUP' && terminal && terminalIsGone()) return
      handle(signal)
    })
  }
  if (!terminal) for (const signal of JOB_CONTROL) listen(signal, () => handle(signal))
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

/** The agent has it already; we only must not die of it before the agent has decided. */
function letPass(): void {}

/** A terminal that hung up sends HUP to the whole group; opening it then fails (tty(4), ENXIO). */
function terminalIsGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}
