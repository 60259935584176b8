/** How a run ended, and how we end after it: as the command itself would have. */
import { closeSync } from 'node:fs'
import { constants } from 'node:os'

/**
 * Node does not tell of the real-time signals: an agent that one of them ended counts as ended with 0.
 */
export interface Ending {
  code?: number
  signal?: NodeJS.Signals
}

/** Why a gateway itself ended a run: the `reason` of `run.ended`. */
export type WhyEnded = 'credential-changed' | 'credential-revoked' | 'config-reloaded'

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
    if (signal !== 'SIGKILL') process.on(signal, nothing)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // A signal to oneself ends the process before kill(2) returns; not the first one of a container.
  }
  leaveTerminalAlone()
  process.exit(exitCodeOf(ending))
}

function nothing(): void {}

/**
 * At its end Node gives the terminal back the settings of its beginning, also where the agent changed
 * them for good (`stty`), and from the background in the middle of another program. It passes over
 * descriptors that are closed.
 */
function leaveTerminalAlone(): void {
  for (const fd of [0, 1, 2]) {
    try {
      closeSync(fd)
    } catch {
      // It was closed from the start.
    }
  }
}
