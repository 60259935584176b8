/**
 * Takes a signed checkpoint to every anchor, from a process of its own: a disk or a name server that
 * hangs occupies a thread that the log needs for its own disk, and keeps Node from ending. Control only
 * waits, for a bounded time.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Anchor, AuditSettings } from '../settings.ts'
import { DONE, type Answer, type Order } from './order.ts'

/** An anchor that did not take a checkpoint. */
export interface AnchorFailure {
  /** `file /mnt/other/checkpoints`, `syslog udp://host:514`, `journald`, `command /usr/local/bin/x`. */
  anchor: string
  /** In words that hold no output of foreign programs. */
  cause: string
}

const TIMEOUT_MS = 5000
/** For the process itself to start and to tell. */
const GRACE_MS = 1000
/** A process whose disk hangs cannot be killed; so many are left to hang, and no more are started. */
const MAX_AT_ONCE = 4
const NOT_STARTED = 'the process that publishes could not be started'

let running = 0

/**
 * Publishes to all anchors at once; never throws, and takes no longer than about `timeoutMs`. Costs the
 * start of a process: whoever has several checkpoints in a moment publishes the newest.
 *
 * @param note a signed note, with its last newline
 * @param signal ends it early
 * @returns those that failed, in the order of the settings
 */
export async function publishCheckpoint(
  { anchors }: AuditSettings,
  note: string,
  signal: AbortSignal,
  timeoutMs = TIMEOUT_MS,
): Promise<readonly AnchorFailure[]> {
  if (anchors.length === 0) return []
  const refusal = signal.aborted ? GIVEN_UP : running >= MAX_AT_ONCE ? STILL_HANGING : undefined
  if (refusal !== undefined) {
    return anchors.map((anchor) => ({ anchor: nameOf(anchor), cause: refusal }))
  }
  const causes = await published({ anchors, note, timeoutMs }, signal)
  return anchors.flatMap((anchor, i) => {
    const cause = causes[i]
    return cause === undefined || cause === DONE ? [] : [{ anchor: nameOf(anchor), cause }]
  })
}
const GIVEN_UP = 'it was given up before it was done'
const STILL_HANGING = 'earlier checkpoints still hang on their way'

/** What became of each anchor, in their order. */
function published(order: Order, signal: AbortSignal): Promise<string[]> {
  const causes: (string | undefined)[] = order.anchors.map(() => undefined)
  const { promise, resolve } = Promise.withResolvers<string[]>()
  let child: ChildProcess
  try {
    child = startPublisher()
  } catch {
    // Too little memory: a log goes on without its anchors.
    return Promise.resolve(order.anchors.map(() => NOT_STARTED))
  }
  running += 1
  const end = (otherwise: string): void => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    child.unref()
    child.stdout?.destroy()
    resolve(causes.map((cause) => cause ?? otherwise))
  }
  const abort = (): void => {
    // It ends what it has started.
    child.kill('SIGTERM')
    end(GIVEN_UP)
  }
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    end(`it took longer than ${order.timeoutMs / 1000} s`)
  }, order.timeoutMs + GRACE_MS)
  signal.addEventListener('abort', abort, { once: true })

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
  child.stdin?.end(JSON.stringify(order))
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
