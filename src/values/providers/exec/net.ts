/**
 * What ends a program when the resolver is killed with -9: a small shell that waits on a pipe whose other
 * end only the resolver holds. It has no environment and no stream of the program's; of the program it
 * knows the pid. A resolver that is killed in the moment between the program's start and its guard leaves
 * it to the end of its stdin.
 */
import { spawn } from 'node:child_process'

/**
 * As long as a process of the group lives, the kernel gives its number to nobody else. Only builtins:
 * a PATH is not ours to trust.
 */
const SCRIPT = `
read -r group || exit 0
read -r word
[ "$word" = done ] || kill -KILL "-$group" 2>/dev/null
`

export interface Net {
  /** @param group the leader's pid */
  guard(group: number): void
  /** The group is over. */
  dismiss(): void
}

/** @returns `undefined` where it cannot be started: no program runs without its net */
export function startNet(): Net | undefined {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'secretref-exec-watcher'], {
    env: {},
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Told by its missing pid.
  child.on('error', () => {})
  const { stdin, pid } = child
  if (pid === undefined || stdin === null) return undefined
  child.unref()
  // It was killed by somebody; the program goes on without its net.
  stdin.on('error', () => {})
  return {
    guard: (group) => void stdin.write(`${group}\n`),
    dismiss: () => void stdin.end('done\n'),
  }
}
