/** Plaintext that can serve production. Pure. */
import { shownKey } from '../../config/problems.ts'
import type { AuditFacts } from './facts.ts'
import { found, groups, listed, sharedFields, sorted, type AuditFinding } from './finding.ts'

/** One for each provider: where it serves a fleet, it is one decision that has to be changed. */
export function judgePlaintext({ bindings, place }: AuditFacts): AuditFinding[] {
  const providers = sorted(bindings.flatMap(({ plaintext = [] }) => plaintext))
  return providers.map((provider) => {
    const [served = []] = groups(bindings, ({ plaintext = [] }) =>
      plaintext.includes(provider) ? provider : undefined,
    )
    const refs = sorted(served.map(({ binding }) => shownKey(binding.ref)))
    const which = refs.length > 3 ? `${refs.length} refs` : refs.join(', ')
    return found({
      code: 'plaintext-in-production',
      subject: provider,
      detail: `can serve ${which}`,
      message: `in production "${provider}", which keeps plaintext, can serve ${listed(refs)}`,
      ...sharedFields(served, place),
    })
  })
}
