/**
 * The lister: a process that asks stores for the names they hold. What a provider has to read for that,
 * values among it, it wipes itself; only names are told, and this process exits.
 *
 * fd 0 from control · fd 1 and 2 discarded · fd 3 to control. Started with an empty environment and our
 * own absolute file.
 */
import { readSync, writeSync } from 'node:fs'
import type { Listing, Order } from '../../gateway/audit/listing.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { listStore } from './list.ts'

const FROM_CONTROL = 0
const TO_CONTROL = 3

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const order: Order = JSON.parse(wholeOrder())
  const listings: Listing[] = await Promise.all(
    order.stores.map((store) => listStore(store, order.gatewayPid)),
  )
  const answer = Buffer.from(`${JSON.stringify(listings)}\n`)
  for (let at = 0; at < answer.length;) at += writeSync(TO_CONTROL, answer, at)
}

/** Until end of file. */
function wholeOrder(): string {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024)
    const length = readSync(FROM_CONTROL, chunk, 0, chunk.length, null)
    if (length === 0) return Buffer.concat(chunks).toString()
    chunks.push(chunk.subarray(0, length))
  }
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was being read. Without an answer, control says that we failed.
  () => process.exit(1),
)
