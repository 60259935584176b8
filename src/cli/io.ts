/**
 * The rules of the terminal.
 *
 * - Data goes to stdout; everything else to stderr.
 * - An error is one lower-case sentence without a full stop, its code in brackets, then a `hint:` line
 *   that says what to do: `secretref: no agent named "x" [AGENT_UNKNOWN]`.
 * - `--json` prints one object with a `version` field. Signs (✅ ⚠️ ❌ ⚪) become words with NO_COLOR, on
 *   a dumb terminal and in a locale that is set and is not UTF-8.
 * - Whatever came from a config, a file or a program is escaped by `printable` before it is shown.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { errnoOf, SecretRefError } from '../errors.ts'
import { printable } from '../printable.ts'
import { currentFolder, inCurrentFolder } from '../state/current-folder.ts'
import { homeOf, type Home } from '../state/home.ts'
import { literalKind } from '../targets/literals.ts'

export { printable }

export interface Io {
  /** `secretref`, or `openclaw` when called by that name. */
  program: string
  env: Readonly<Record<string, string | undefined>>
  /** Asked for when it is needed: USAGE where the current folder was removed. */
  readonly cwd: string
  readonly home: Home
  /** True where signs such as ✅ may be printed. */
  signs: boolean
  /** Of the terminal that stdout is; undefined where it is none. */
  readonly columns?: number | undefined
  now: () => Date
  out: (text: string) => void
  err: (text: string) => void
}

export function processIo(program: string): Io {
  const { env } = process
  return {
    program,
    env,
    get cwd() {
      return currentFolder()
    },
    get home() {
      return inCurrentFolder(() => homeOf(env))
    },
    signs: signsAllowed(env),
    get columns() {
      return isatty(1) ? process.stdout.columns : undefined
    },
    now: () => new Date(),
    out: (text) => writeWhole(1, text),
    err: (text) => writeWhole(2, text),
  }
}

/**
 * Not `process.stdout`: opening it makes a shared pipe non-blocking for the agent too, whose own writes
 * then fail with EAGAIN.
 *
 * @throws OUTPUT_FAILED where data could not be written. What is said on stderr is lost instead: nobody
 *   can be told of it, and no agent may end because a disk behind `2>` is full.
 */
function writeWhole(to: 1 | 2, text: string): void {
  const fd = to === 2 ? stderrOfOurOwn() : to
  const bytes = Buffer.from(text)
  let patience = STDERR_PATIENCE_MS
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      const errno = errnoOf(error)
      // Whoever read our output has gone (`| head`), or there never was one (`>&-`).
      if (errno === 'EPIPE' || errno === 'EBADF') return
      if (errno !== 'EAGAIN') {
        if (to === 2) return
        throw new SecretRefError('OUTPUT_FAILED', 'the output could not be written', {
          hint: `the system said ${errno ?? 'no more'}; is the disk full?`,
          cause: error,
        })
      }
      if (to === 2 && (patience -= PAUSE_MS) < 0) return
      // Somebody else made it non-blocking and the reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}

let ownStderr: number | undefined

/**
 * A pipe whose reader is stuck would block us, and with us every signal and schedule. Opened once more
 * through /proc, it is non-blocking for us and stays as it is for everybody else (proc(5)).
 */
function stderrOfOurOwn(): number {
  if (ownStderr !== undefined) return ownStderr
  ownStderr = 2
  try {
    if (process.platform === 'linux' && fstatSync(2).isFIFO()) {
      ownStderr = openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK)
    }
  } catch {
    // There is no stderr, or not one that can be opened: written to as it is.
  }
  return ownStderr
}

const PAUSE_MS = 5
const STDERR_PATIENCE_MS = 1000

/** Locale as POSIX reads it: LC_ALL, then LC_CTYPE, then LANG. Unset counts as UTF-8, as in a container. */
export function signsAllowed(env: Io['env']): boolean {
  if (env['NO_COLOR'] || env['TERM'] === 'dumb') return false
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG']
  return !locale || /utf-?8/i.test(locale)
}

/** The text of an error for stderr: sentence, code, hint. */
export function errorText(program: string, error: SecretRefError): string {
  const line = `${program}: ${shown(error.message)} [${error.code}]\n`
  return error.hint === undefined ? line : `${line}hint: ${shown(error.hint)}\n`
}

/** A sentence may repeat a word of the command line, and that may be a value in place of a name. */
function shown(text: string): string {
  return literalKind(text) === undefined
    ? printable(text)
    : 'a word that was given looks like a credential and is not repeated; name things, and replace it'
}
