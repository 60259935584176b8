/**
 * The lease-keeper: holds the leases of one provider for all runs of one gateway. When the gateway is gone it
 * revokes what it holds, and exits; what it cannot revoke stays in its sealed file.
 *
 * fd 0, 1 and 2 nothing · fd 3 to control and back. Started with an empty environment and our own absolute
 * file.
 */
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { FromLeaseKeeper, OpenKeeper, ToLeaseKeeper } from '../../gateway/lease/words.ts'
import type { Session } from '../providers/contract.ts'
import { withSession } from '../providers/session.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { LeaseKeeping } from './keep.ts'

const CONTROL = 3
/** However many it holds: then they end by themselves, or with the next start. */
const LAST_MS = 10_000
/** A timer that is later would fire at once. */
const MOST_TIMER_MS = 2 ** 31 - 1

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const socket = new Socket({ fd: CONTROL, allowHalfOpen: true })
  // The gateway is gone: the end of what is read says so too.
  socket.on('error', () => {})
  const lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) return
  const open: OpenKeeper = JSON.parse(first.value)
  const { provider, kind: type, options, gatewayPid } = open
  const pid = gatewayPid === undefined ? {} : { gatewayPid }
  await withSession({ provider, type, options, at: { path: '' }, ...pid }, (session) =>
    serve(session, open.key, socket, lines),
  )
}

async function serve(
  session: Session,
  key: string,
  socket: Socket,
  lines: AsyncIterator<string>,
): Promise<void> {
  const report = (message: FromLeaseKeeper): void => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
  }
  const keeping = new LeaseKeeping({ session, key, report, now: Date.now, chance: Math.random })
  let timer: NodeJS.Timeout | undefined
  const schedule = (): void => {
    clearTimeout(timer)
    const due = keeping.nextDue()
    if (due === undefined) return
    const wait = Math.min(Math.max(0, due - Date.now()), MOST_TIMER_MS)
    timer = setTimeout(() => void keeping.renewDue().then(schedule, fail), wait)
  }
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const message: ToLeaseKeeper = JSON.parse(line.value)
    if (message.type === 'hold') await keeping.hold(message.run, message.file)
    else if (message.type === 'release') await keeping.release(message.run)
    schedule()
  }
  clearTimeout(timer)
  setTimeout(() => process.exit(1), LAST_MS).unref()
  await keeping.releaseAll()
}

/** Without a word: an error's own may hold a lease. Control sees the pipe close. */
function fail(): void {
  process.exit(1)
}

main().then(() => process.exit(), fail)
