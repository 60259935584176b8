/** One verification of the log in a folder, as `log verify` does it: seconds, records a second, peak MiB. */
import { readAcross } from '../src/audit/across.ts'
import { readHead } from '../src/audit/lock.ts'
import { keysOf } from '../src/audit/verifier-keys.ts'
import { verifyChain } from '../src/audit/verify.ts'
import { checkpointsIn } from '../src/audit/vouched.ts'
import { readKept } from '../src/cli/log-checkpoints.ts'
import { homeOf } from '../src/state/home.ts'

const home = homeOf({ SECRETREF_HOME: process.argv[2] })
const begin = performance.now()
const head = readHead(home.auditLock)
const { keyFor } = keysOf(home, undefined)
const { checkpoints } = checkpointsIn(readKept(home.auditLog).notes, keyFor, false)
const { records, bad } = readAcross(home.auditLog, undefined, ({ start, lines }) =>
  verifyChain(lines, head, { start, checkpoints }),
)
if (bad !== undefined) throw new Error(`record ${bad.seq} is damaged: ${bad.damage}`)
const seconds = (performance.now() - begin) / 1000
const rate = Math.round(records / seconds)
const peak = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(`${seconds.toFixed(1)} ${rate} ${peak}\n`)
