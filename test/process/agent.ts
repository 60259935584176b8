/**
 * An agent that says what reaches it. `node agent.ts [deaf|slow]`: first `ready PID`, then `got SIGX N` for
 * the Nth time that a signal came. TERM ends it with exit code 0; a slow one a moment later, a deaf one
 * never. A deaf one also has a child of its own, which it names first: `child PID`.
 */
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { CATCHABLE } from './catchable.ts'

const manner = process.argv[2]

for (const signal of [...CATCHABLE, 'SIGTERM'] as const) {
  let count = 0
  process.on(signal, () => {
    count += 1
    writeSync(1, `got ${signal} ${count}\n`)
    if (signal !== 'SIGTERM' || manner === 'deaf') return
    setTimeout(() => process.exit(0), manner === 'slow' ? 150 : 0)
  })
}
if (manner === 'deaf') {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM HUP INT; sleep 600'], { stdio: 'ignore' })
  writeSync(1, `child ${child.pid}\n`)
}
setInterval(() => {}, 60_000)
writeSync(1, `ready ${process.pid}\n`)
