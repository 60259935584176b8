/**
 * A process that opens the state in `$SECRETREF_HOME` and claims an agent: says `claimed` or `taken PID`,
 * and stays until its stdin ends.
 */
import { writeSync } from 'node:fs'
import { startTimeOf, stillRuns } from '../../src/gateway/surroundings.ts'
import { openDatabase } from '../../src/state/db.ts'
import { homeOf } from '../../src/state/home.ts'
import { claimAgent } from '../../src/state/runs.ts'

const db = openDatabase(homeOf(process.env))
const holder = claimAgent(
  db,
  { config: '/somewhere/config.json', agent: 'a' },
  { pid: process.pid, started: startTimeOf(process.pid) },
  ({ pid, started }) => stillRuns(pid, started),
)
writeSync(1, holder === undefined ? 'claimed\n' : `taken ${holder}\n`)
process.stdin.resume()
