/** What every process of this wing does first. */
import { writeFileSync } from 'node:fs'

/** No page of ours goes into a core dump (core(5)). The agent is no child of ours and keeps its own. */
export function keepOutOfCoreDumps(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/coredump_filter', '0')
}
