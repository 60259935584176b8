/**
 * A process that appends to the log in `$SECRETREF_HOME`, for tests that kill, race and starve it.
 *
 * `node audit-writer.ts NAME WRITERS COUNT [SIZE]`: so many writers at once, each appends COUNT times SIZE
 * entries (1) and says `ack NAME-WRITER-N SEQ` on stdout as soon as an append has resolved, or `CODE
 * MESSAGE` as soon as one was rejected, after which that writer tries once more and stops. With `$WAIT` it
 * says `ready` first and begins when its stdin ends. With `$DISK_TIMEOUT_MS` it waits no longer for the
 * disk, and says at the end whether timers ran meanwhile.
 */
import { writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { openAuditLog } from '../../src/audit/log.ts'
import type { Entry } from '../../src/audit/record.ts'
import { SecretRefError } from '../../src/errors.ts'
import { homeOf } from '../../src/state/home.ts'

const [name = '', writers = '1', count = '1', size = '1'] = process.argv.slice(2)
const patience = process.env['DISK_TIMEOUT_MS']
const log = openAuditLog(homeOf(process.env), {
  busyTimeoutMs: 20_000,
  ...(patience && { diskTimeoutMs: Number(patience) }),
  warn: (sentence) => writeSync(1, `${sentence}\n`),
})
const actor: Entry['actor'] = { type: 'user', id: name, pid: process.pid, uid: 0 }

async function write(id: string): Promise<void> {
  let failures = 0
  for (let n = 1; n <= Number(count) && failures < 2; n++) {
    const entries = Array.from({ length: Number(size) }, (_, i): Entry => {
      const reason = i === 0 ? `${id}-${n}` : 'x'.repeat(200)
      return { event: 'grant.released', actor, reason }
    })
    try {
      const records = await log.append(entries)
      writeSync(1, `ack ${id}-${n} ${records[0]?.seq}\n`)
    } catch (error) {
      if (!(error instanceof SecretRefError)) throw error
      failures += 1
      writeSync(1, `${error.code} ${error.message}\n`)
    }
  }
}

if (process.env['WAIT'] !== undefined) {
  writeSync(1, 'ready\n')
  await text(process.stdin)
}
let ticks = 0
const ticking = setInterval(() => (ticks += 1), 10)
await Promise.all(Array.from({ length: Number(writers) }, (_, i) => write(`${name}-${i}`)))
await log.close().catch((error: unknown) => {
  if (!(error instanceof SecretRefError)) throw error
  writeSync(1, `at close: ${error.code} ${error.message}\n`)
})
clearInterval(ticking)
// What the log says of time must be true of the process: it was not blocked while it waited.
if (patience) writeSync(1, `ticks: ${ticks > 3 ? 'many' : ticks}\n`)
