/**
 * Takes a signed checkpoint to every anchor, from a process of its own: a disk or a name server that
 * hangs occupies a thread that the log needs for its own disk, and keeps Node from ending. Control only
 * waits, for a bounded time.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Anchor } from '../settings.ts'
import { DONE, type Answer, type Order } from './order.ts'

/** An anchor that did not take a checkpoint. */
export interface AnchorFailure {
  /** `file /mnt/other/checkpoints`, `syslog udp://host:514`, `journald`, `command /usr/local/bin/x`. */
  anchor: string
  /** In words that hold no output of foreign programs. */
  cause: string
  /** The caller did not wait: it may still get there. */
  open?: true
}

const TIMEOUT_MS = 5000
/** For the process itself to start and to tell. */
const GRACE_MS = 1000
/** A process whose disk hangs cannot be killed; so many are left to hang, and no more are started. */
const MAX_AT_ONCE = 4
const NOT_STARTED = 'the process that publishes could not be started'

let running = 0

export interface Publishing {
  /** The folder of the log. */
  home: string
  /** Where the caller can wait no longer: what is under way goes on by itself, to the same bound. */
  leave: AbortSignal
  timeoutMs?: number
}

/**
 * Publishes to all anchors at once; never throws, and takes no longer than about `timeoutMs`, or until
 * it is left. Costs the start of a process: whoever has several checkpoints in a moment publishes the
 * newest.
 *
 * @param note a signed note, with its last newline
 * @returns those that failed or are open, in the order of the settings
 */
export async function publishCheckpoint(
  anchors: readonly Anchor[],
  note: string,
  { home, leave, timeoutMs = TIMEOUT_MS }: Publishing,
): Promise<readonly AnchorFailure[]> {
  if (anchors.length === 0) return []
  const causes =
    running >= MAX_AT_ONCE
      ? anchors.map(() => STILL_HANGING)
      : await published({ anchors, note, home, timeoutMs }, leave)
  return anchors.flatMap((anchor, i) => {
    const cause = causes[i]
    if (cause === DONE) return []
    const name = { anchor: nameOf(anchor) }
    return cause === undefined ? { ...name, cause: NO_ANSWER, open: true } : { ...name, cause }
  })
}
const STILL_HANGING = 'earlier checkpoints still hang on their way'
const NO_ANSWER = 'it had not answered when the run ended'

/** What became of each anchor, in their order; undefined where that is open. */
function published(order: Order, leave: AbortSignal): Promise<(string | undefined)[]> {
  const causes: (string | undefined)[] = order.anchors.map(() => undefined)
  const { promise, resolve } = Promise.withResolvers<(string | undefined)[]>()
  let child: ChildProcess
  try {
    child = startPublisher()
  } catch {
    // Too little memory: a log goes on without its anchors.
    return Promise.resolve(order.anchors.map(() => NOT_STARTED))
  }
  running += 1
  const end = (otherwise?: string): void => {
    clearTimeout(timer)
    leave.removeEventListener('abort', go)
    child.unref()
    child.stdout?.destroy()
    resolve(causes.map((cause) => cause ?? otherwise))
  }
  const go = (): void => end()
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    end(`it took longer than ${order.timeoutMs / 1000} s`)
  }, order.timeoutMs + GRACE_MS)

  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${text}${chunk}`.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const [index, cause]: Answer = JSON.parse(line)
      causes[index] = cause
    }
    // Not at its end: a thread that hangs keeps it from ending.
    if (causes.every((cause) => cause !== undefined)) end(DONE)
  })
  const gone = (): void => void (running -= 1)
  child.once('error', () => {
    if (child.pid === undefined) gone()
    end(NOT_STARTED)
  })
  child.once('exit', gone)
  child.once('close', () => end('the process that publishes ended without an answer'))
  child.stdin?.on('error', nothing)
  // The order is with it when it is left: it reads that to the end before it does anything.
  child.stdin?.end(JSON.stringify(order), () => {
    if (leave.aborted) go()
    else leave.addEventListener('abort', go, { once: true })
  })
  return promise
}

function startPublisher(): ChildProcess {
  const here = import.meta.url
  const file = here.endsWith('.ts') ? './main.ts' : './publisher.cjs'
  return spawn(
    process.execPath,
    ['--disable-sigusr1', '--v8-pool-size=0', fileURLToPath(new URL(file, here))],
    {
      // Built, not inherited: an agent's or a caller's variables are nothing to an anchor.
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'ignore'],
      // Ctrl-C on the terminal ends an agent, and not the last checkpoint that tells of it.
      detached: true,
    },
  )
}

function nothing(): void {
  // It has ended; that is told where it is waited for.
}

/** Without a command's arguments: they may hold what is not for the log. */
export function nameOf(anchor: Anchor): string {
  if (anchor.type === 'file') return `file ${anchor.path}`
  if (anchor.type === 'command') return `command ${anchor.command[0]}`
  if (anchor.type === 'journald' || anchor.address === undefined) return anchor.type
  const { transport, host, port } = anchor.address
  return `syslog ${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
