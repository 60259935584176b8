/** One process of the benchmark: appends one record at a time, each waits until it is durable. */
import { openAuditLog } from '../src/audit/log.ts'
import { homeOf } from '../src/state/home.ts'
import { sample } from './audit-sample.ts'

const [dir = '', count = '0'] = process.argv.slice(2)
const log = openAuditLog(homeOf({ SECRETREF_HOME: dir }), { busyTimeoutMs: 30_000 })
await log.append([sample])
process.send?.('ready')
process.once('message', () => void work())

async function work(): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < Number(count); i++) {
    const begin = performance.now()
    await log.append([sample])
    times.push(performance.now() - begin)
  }
  process.send?.(times)
  await log.close()
  process.disconnect()
}
