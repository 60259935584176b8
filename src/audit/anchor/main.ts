/**
 * The publisher: a process that takes one signed checkpoint to all anchors, says what became of each,
 * and ends, at its own bound also where nobody waits for it any more. Started with an empty environment and our own absolute file.
 *
 * fd 0 the order · fd 1 to control · fd 2 discarded.
 */
import { readFileSync, writeSync } from 'node:fs'
import { causeOf } from './cause.ts'
import { appendToFile } from './file.ts'
import { tellJournal } from './journald.ts'
import { DONE, type Answer, type Order } from './order.ts'
import type { Anchor } from './parse.ts'
import { runProgram } from './program.ts'
import { tellSyslog } from './syslog.ts'
import { tellSyslogServer } from './syslog-server.ts'

async function main(): Promise<void> {
  const order: Order = JSON.parse(readFileSync(0, 'utf8'))
  const cancelled = new AbortController()
  process.on('SIGTERM', () => cancelled.abort())
  await Promise.all(
    order.anchors.map(async (anchor, index) => {
      const signal = AbortSignal.any([cancelled.signal, AbortSignal.timeout(order.timeoutMs)])
      answer([index, await outcome(publish(anchor, order, signal), signal, order.timeoutMs)])
    }),
  )
}

function publish(anchor: Anchor, { note, home }: Order, signal: AbortSignal): Promise<void> {
  if (anchor.type === 'file') return appendToFile(anchor.path, note, home)
  if (anchor.type === 'command') return runProgram(anchor.command, note, signal)
  if (anchor.type === 'journald') return tellJournal(note, signal)
  if (anchor.address === undefined) return tellSyslog(note, signal)
  return tellSyslogServer(anchor.address, note, signal)
}

/** When it is done or too late, whichever is first: not everything that hangs can be told to stop. */
async function outcome(
  published: Promise<void>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<string> {
  const late = Promise.withResolvers<string>()
  signal.addEventListener('abort', () => late.resolve(`it took longer than ${timeoutMs / 1000} s`))
  return Promise.race([late.promise, published.then(() => DONE, causeOf)])
}

function answer(line: Answer): void {
  try {
    writeSync(1, `${JSON.stringify(line)}\n`)
  } catch {
    // Control has ended and waits for nothing any more; the checkpoint is published all the same.
  }
}

// Not `exit`, which waits for a thread that hangs on a disk: nobody else may be left to end this process.
void main().finally(() => process.kill(process.pid, 'SIGKILL'))
