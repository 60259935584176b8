/**
 * A terminal for process tests: Python's pty module runs the words given to it in a new one, types into
 * it what comes on its stdin, and writes what it shows to its stdout.
 */
import { accessSync, constants } from 'node:fs'

/** By absolute path: what PATH has may be a wrapper that needs more of an environment. */
const PYTHON = ['/usr/bin/python3', '/usr/local/bin/python3', '/opt/homebrew/bin/python3'].find(
  isExecutable,
)

export const hasTerminal = PYTHON !== undefined

/** Words to run something through: `start(world, args, { through: [...onTerminal] })`. */
export const onTerminal: readonly string[] = [
  PYTHON ?? 'python3',
  '-c',
  'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))',
]

/**
 * A shell on a terminal: runs the words after it, says how they ended and whether the terminal is as it
 * was, and reads one more line, as the user's own shell would. It says `code=…`, `terminal=…`, `next=<…>`.
 */
export const inShell: readonly string[] = [
  ...onTerminal,
  '/bin/sh',
  '-c',
  `before=$(stty -g)
  "$@"
  code=$?
  for i in 1 2 3 4 5 6 7 8 9 10; do
    [ "$before" = "$(stty -g)" ] && break
    sleep 0.1
  done
  [ "$before" = "$(stty -g)" ] && terminal=restored || terminal=changed
  printf 'terminal=%s\\ncode=%s\\n' "$terminal" "$code"
  IFS= read -r next
  printf 'next=<%s>\\n' "$next"`,
  'shell',
]

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
