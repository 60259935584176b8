/**
 * The lease-keeper: holds the leases of one provider for all runs of one gateway. When the gateway is gone it
 * revokes what it holds, and exits; what it cannot revoke stays in its sealed file, for the next start.
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
import { SIGN_OF_LIFE_MS } from './file.ts'
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
  const known = await withSession(
    { provider, type, options, at: { path: '' }, ...pid },
    async (session) => {
      await serve(session, open, socket, lines)
      return true
    },
  )
  // A type that nobody knows any more: what is over is removed, and the rest stays.
  if (known === undefined) await serve({}, open, socket, lines)
}

async function serve(
  session: Pick<Session, 'renew' | 'revoke'>,
  { dir, key }: OpenKeeper,
  socket: Socket,
  lines: AsyncIterator<string>,
): Promise<void> {
  const report = (message: FromLeaseKeeper): void => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
  }
  const keeping = new LeaseKeeping({
    session,
    dir,
    key,
    report,
    now: Date.now,
    chance: Math.random,
  })
  const releasing = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  const sign = setInterval(() => void keeping.touch().catch(fail), SIGN_OF_LIFE_MS)
  const schedule = (): void => {
    clearTimeout(timer)
    const due = keeping.nextDue()
    if (due === undefined) return
    const wait = Math.min(Math.max(0, due - Date.now()), MOST_TIMER_MS)
    timer = setTimeout(() => void keeping.renewDue().then(schedule, fail), wait)
  }
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const message: ToLeaseKeeper = JSON.parse(line.value)
    if (message.type === 'hold') await keeping.hold(message.lease)
    else if (message.type === 'release') {
      // Not waited for: a provider that hangs must not keep the next run's leases from being held.
      const going = keeping.release(message.lease).catch(fail)
      releasing.add(going)
      void going.then(() => releasing.delete(going))
    }
    schedule()
  }
  clearTimeout(timer)
  clearInterval(sign)
  setTimeout(() => process.exit(1), LAST_MS).unref()
  await Promise.all([...releasing, keeping.releaseAll()])
}

/** Without a word: an error's own may hold a lease. Control sees the pipe close. */
function fail(): void {
  process.exit(1)
}

main().then(() => process.exit(), fail)
