/**
 * The watcher outlives a gateway that is killed with -9: a small shell that waits on a pipe whose other
 * end only the gateway holds. When the pipe ends without a word, the gateway is dead, and the watcher
 * ends the agent and removes its private folder.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Writable } from 'node:stream'
import { SecretRefError } from '../errors.ts'
import { HAS_PROC, startTimeOf } from './surroundings.ts'

/**
 * Reads `MODE PID STARTED`, then waits. STARTED guards against a pid that was given to another process.
 * `group`: the agent has a session of its own; as long as one of its processes lives, the kernel gives
 * the group's number to nobody else. `tree`: it shares ours; its tree is stopped, then killed.
 * A process may put line ends and brackets into its name, and so into its stat: all of it is read, and
 * cut at the last bracket. Only shell builtins and absolute programs: PATH is not ours to trust.
 */
const SCRIPT = `
stat() {
  line=
  while read -r part; do line="$line $part"; done 2>/dev/null <"/proc/$1/stat"
}
started() {
  stat "$1" && [ -n "$line" ] || return 1
  set -- \${line##*) }
  [ "\${20}" = "$want" ]
}
children() {
  for pid in /proc/[0-9]*; do
    pid=\${pid#/proc/}
    stat "$pid" && [ -n "$line" ] || continue
    set -- \${line##*) }
    case " $all " in *" $pid "*) continue;; esac
    case " $all " in *" $2 "*) all="$all $pid"; kill -STOP "$pid" 2>/dev/null; grew=1;; esac
  done
}
folder=$1
read -r mode agent want || mode=none
read -r word
if [ "$word" != done ]; then
  case $mode in
    group) if started "$agent" || [ ! -e "/proc/$agent" ]; then kill -KILL "-$agent" 2>/dev/null; fi;;
    plain) kill -KILL "$agent" 2>/dev/null;;
    tree) if started "$agent"; then
        kill -STOP "$agent"; all=$agent; grew=1
        while [ "$grew" = 1 ]; do grew=0; children; done
        kill -KILL $all 2>/dev/null
      fi;;
  esac
  [ -n "$folder" ] && [ ! -L "$folder" ] && /bin/rm -rf -- "$folder"
fi
`

export interface Watcher {
  /** Tells it whom to end. @param session true where the agent leads a session of its own */
  guard(pid: number, session: boolean): void
  /** The gateway has done the work itself; the watcher goes. */
  dismiss(): void
}

/**
 * @param folder the run's private folder, or empty
 * @throws DELIVERY_FAILED where it could not be started: no agent runs without its net
 */
export function startWatcher(folder: string): Watcher {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'secretref-watcher', folder], {
    env: {},
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  if (child.pid === undefined) throw notStartable(child)
  child.unref()
  const pipe = child.stdin as Writable & { unref?(): void }
  pipe.on('error', () => {
    // It was killed by somebody; the run goes on without its net.
  })
  pipe.unref?.()
  return {
    guard(pid, session) {
      const mode = HAS_PROC ? (session ? 'group' : 'tree') : session ? 'group' : 'plain'
      pipe.write(`${mode} ${pid} ${startTimeOf(pid) ?? '-'}\n`)
    },
    dismiss() {
      pipe.end('done\n')
    },
  }
}

function notStartable(child: ChildProcess): SecretRefError {
  child.once('error', () => {
    // Told here.
  })
  return new SecretRefError('DELIVERY_FAILED', 'the watcher /bin/sh could not be started', {
    scope: 'agent',
    hint: 'nothing was started; are there too many processes, or too many open files?',
  })
}
