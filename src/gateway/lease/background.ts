/** The sweep beside a start: nobody waits for it, and a start that finds nothing pays for one look. */
import { SecretRefError } from '../../errors.ts'
import type { Gateway } from '../gateway.ts'
import { abandonedLeases } from './place.ts'

export function sweepInBackground(gateway: Gateway): void {
  try {
    if (abandonedLeases(gateway).length === 0) return
  } catch (error) {
    // A start that needs the folder says so itself.
    if (!(error instanceof SecretRefError)) throw error
    return
  }
  // Should the log or the folder fail, what it did not get to stays for the next start.
  import('./sweep.ts').then(({ sweepLeases }) => sweepLeases(gateway)).catch(() => {})
}
