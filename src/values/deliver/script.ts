/**
 * The launcher's script, as bytes: every variable of the agent's environment, then the `exec`.
 *
 * The whole script is one compound command. A shell runs `{ … }` only when it has read the closing
 * brace, so a script that is cut anywhere starts nothing and prints nothing; without the braces dash,
 * bash and busybox go on to read the agent's own stdin as shell code, with the credentials exported.
 *
 * The shell has the script on fd 0, the agent's stdin on fd 3 and its stderr on fd 4. Its own stderr is
 * /dev/null until the `exec`: what a shell says about a script that was cut is not for the agent's user.
 */
import { constants } from 'node:os'
import { allocate, wipe } from '../secret/bytes.ts'

export interface Variable {
  name: string
  value: Buffer
}

/**
 * Linux: one `NAME=value` string holds at most MAX_ARG_STRLEN = 32 pages, its NUL included
 * (include/uapi/linux/binfmts.h).
 */
export const MAX_VARIABLE_BYTES = 131_071

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
const QUOTE = 0x27
/** Closes the quotation, one escaped quote, opens it again. */
const ESCAPED_QUOTE = Buffer.from(`'\\''`)

/**
 * @param variables in the order in which they are exported; no value may hold a NUL
 * @param ignoreSignals names without SIG; ignored dispositions survive `exec`
 * @param openFiles soft limit on open files for the agent
 * @returns a buffer that the caller wipes
 */
export function launchScript(
  variables: readonly Variable[],
  ignoreSignals: readonly string[] = [],
  openFiles?: number,
): Buffer {
  const head: string[] = ['{']
  for (const number of numbersOf(ignoreSignals)) head.push(`trap '' ${number}`)
  if (openFiles !== undefined) {
    if (!Number.isSafeInteger(openFiles)) throw new TypeError('not a limit')
    // A hard limit below it may refuse; the agent then keeps the limit that we have.
    head.push(`ulimit -S -n ${openFiles} 2>/dev/null`)
  }
  const start = Buffer.from(`${head.join('\n')}\n`)
  const end = Buffer.from('exec <&3 3<&- 2>&4 4>&-\nexec "$@"\n}\n')
  let size = start.length + end.length
  for (const { name, value } of variables)
    size += `export ${name}=''\n`.length + quotedLength(value)

  const script = allocate(size)
  let at = start.copy(script)
  for (const { name, value } of variables) {
    if (!IDENTIFIER.test(name)) {
      wipe(script)
      throw new TypeError('not a variable name')
    }
    at += script.write(`export ${name}='`, at, 'latin1')
    at = quote(value, script, at)
    at += script.write(`'\n`, at, 'latin1')
  }
  end.copy(script, at)
  return script
}

/** Every shell takes the numbers; of the names, dash does not know STKFLT, and bash not POLL. */
function numbersOf(signals: readonly string[]): Set<number> {
  const known: Readonly<Record<string, number | undefined>> = constants.signals
  return new Set(
    signals.map((name) => {
      const number = known[`SIG${name}`]
      if (number === undefined) throw new TypeError('not a signal name')
      return number
    }),
  )
}

function quotedLength(value: Buffer): number {
  let length = value.length
  for (const byte of value) if (byte === QUOTE) length += ESCAPED_QUOTE.length - 1
  return length
}

function quote(value: Buffer, into: Buffer, start: number): number {
  let at = start
  let from = 0
  for (let next = value.indexOf(QUOTE); next !== -1; next = value.indexOf(QUOTE, from)) {
    at += value.copy(into, at, from, next)
    at += ESCAPED_QUOTE.copy(into, at)
    from = next + 1
  }
  return at + value.copy(into, at, from)
}
