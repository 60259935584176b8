/**
 * Which signals go on to an agent. Each reaches it exactly once.
 *
 * On a terminal the agent shares our process group and has INT, QUIT, WINCH, TSTP from the terminal
 * itself; forwarding would deliver them twice. A `kill -INT` aimed at the gateway alone cannot be told
 * from the terminal's, and does not go on. Without a terminal the agent leads a session of its own, and
 * everything goes on that can be caught and is meant for a program: not CHLD; not PIPE and XFSZ, which
 * our own writes raise; not ILL, BUS, FPE, SEGV, after which no handler may run (they end us, and the
 * watcher then ends the agent); not the real-time signals, of which Node knows nothing.
 */
import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import type { Surroundings } from './surroundings.ts'

const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGWINCH']
const AIMED_AT_US: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGURG',
  'SIGIO',
  'SIGPWR',
  'SIGSTKFLT',
  'SIGTRAP',
  'SIGABRT',
  'SIGSYS',
  'SIGXCPU',
]
/** The shell's job control; on a terminal these act on the whole group, us included. */
const JOB_CONTROL: readonly NodeJS.Signals[] = ['SIGCONT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU']

/** Signals that end a program which does not handle them, and that a person or a service manager sends. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'])

/** timeout(1) tells us and then our whole group; what comes this soon after the first is no second one. */
const SAME_REQUEST_MS = 200

/** Tells a first request to end from one that is repeated because the first did not help. */
export class Requests {
  #first: number | undefined

  /** @param now milliseconds on a clock that nobody sets */
  count(now = performance.now()): 'first' | 'same' | 'repeated' {
    if (this.#first === undefined) {
      this.#first = now
      return 'first'
    }
    return now - this.#first < SAME_REQUEST_MS ? 'same' : 'repeated'
  }
}

export interface Heard {
  signal: NodeJS.Signals
  /** True where whoever shares our process group has it already, from the terminal. */
  agentHasIt: boolean
  /**
   * True where it is to end a start, or a gateway. What our caller chose to ignore (nohup, a background
   * job) does not; an agent that wants it all the same is still given it.
   */
  ends: boolean
}

/** Listens for as long as we live: an agent, or the start of one, is under way. */
export function hearSignals(surroundings: Surroundings, hear: (heard: Heard) => void): void {
  const { terminal, ignored } = surroundings
  const listen = (signal: NodeJS.Signals, agentHasIt: () => boolean): void => {
    // Absent on this system.
    if (constants.signals[signal] === undefined) return
    const ends = ENDING.has(signal) && !ignored.includes(signal.slice('SIG'.length))
    process.on(signal, () => hear({ signal, agentHasIt: agentHasIt(), ends }))
  }
  for (const signal of FROM_TERMINAL) listen(signal, () => terminal)
  for (const signal of AIMED_AT_US) {
    listen(signal, () => signal === 'SIGHUP' && terminal && hungUp(surroundings))
  }
  if (!terminal) for (const signal of JOB_CONTROL) listen(signal, () => false)
}

/**
 * True where a HUP came to the whole group: its terminal is gone (opening it fails, tty(4), ENXIO), and
 * so the session's leader, or the shell that it was, told every job. Where we are that leader, the
 * kernel tells us alone.
 */
function hungUp(surroundings: Surroundings): boolean {
  if (surroundings.leader) return false
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}
