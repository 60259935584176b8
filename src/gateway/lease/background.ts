/** The sweep beside a start: nobody waits for it, and a start that finds nothing pays for one look. */
import type { Gateway } from '../gateway.ts'
import { abandonedLeases } from './place.ts'

export function sweepInBackground(gateway: Gateway): void {
  if (abandonedLeases(gateway).length === 0) return
  // Should the log or the folder fail, what it did not get to stays for the next start.
  import('./sweep.ts').then(({ sweepLeases }) => sweepLeases(gateway)).catch(() => {})
}
