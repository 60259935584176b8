/** How a run ended, and how we end after it: as the command itself would have. */
import { constants } from 'node:os'

export interface Ending {
  code?: number
  signal?: NodeJS.Signals
}

/** signal(7): the default action of these writes a core; re-raising them would dump ours. */
const CORE_SIGNALS: ReadonlySet<string> = new Set([
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
])

/** The exit status that a shell would show for this ending. */
export function exitCodeOf(ending: Ending): number {
  if (ending.signal === undefined) return ending.code ?? 1
  return 128 + constants.signals[ending.signal]
}

/**
 * Ends this process the way the agent ended. After a signal death the same signal ends us too: a calling
 * shell loop breaks on Ctrl-C only then. Does not return.
 */
export function endLike(ending: Ending): never {
  const { signal } = ending
  if (signal !== undefined && !CORE_SIGNALS.has(signal)) {
    // Taking the last listener away gives the signal its default action back, SIGPIPE included.
    const listener = (): void => {}
    if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') process.on(signal, listener)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // A signal to oneself is delivered before kill(2) returns, unless it is blocked.
  }
  process.exit(exitCodeOf(ending))
}
