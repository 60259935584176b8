/** The alerts that a start, a look at a running agent, and a verification raise. Pure. */
import type { Alert } from '../../alerts/types.ts'
import type { Code } from '../../errors.ts'
import type { PlannedBinding } from '../../plan/types.ts'

interface About {
  binding: PlannedBinding
  environment: string
  at: Date
}

/** It was refused, or could not be fetched. */
export function refusedAlert(
  about: About,
  why: { code?: Code | undefined; message: string; hint?: string | undefined },
): Alert {
  const event = why.code === 'EXPIRED' ? 'credential.expired' : 'grant.denied'
  const { code, message, hint } = why
  return { ...commonOf(about, event, code), ...wordsOf(about, message, code, hint) }
}

/** A running agent's was taken from it. */
export function revokedAlert(
  about: About,
  { code, message, hint }: Parameters<typeof refusedAlert>[1],
): Alert {
  const words = wordsOf(about, `revoked: ${message}`, code, hint)
  return { ...commonOf(about, 'grant.revoked', code), ...words }
}

/** Its service says that it does not work. */
export function rejectedAlert(about: About): Alert {
  const message = `its service rejects "${about.binding.ref}"`
  const hint = 'replace it at its service; until then each run will fail'
  const words = wordsOf(about, message, 'CREDENTIAL_REJECTED', hint)
  return { ...commonOf(about, 'credential.rejected', undefined), ...words }
}

/** In an outage the last good value serves. */
export function staleAlert(about: About, provider: string): Alert {
  const { ref } = about.binding
  const message = `"${ref}" is served from its last good value: ${provider} does not answer`
  const words = wordsOf(
    about,
    message,
    undefined,
    'see that the provider comes back before that ends',
  )
  return { ...commonOf(about, 'provider.stale', undefined), ...words, severity: 'warning' }
}

function commonOf(
  { binding, environment, at }: About,
  event: Alert['event'],
  code: Code | undefined,
): Omit<Alert, 'text' | 'hint'> {
  const { agent, ref, envVar, required } = binding
  const severity = required ? 'critical' : 'warning'
  const key = [event, agent, envVar, ref, code ?? ''].join(' ')
  return { event, severity, environment, agent, ref, key, at }
}

/** As it is said on stderr. */
function wordsOf(
  { binding }: About,
  message: string,
  code: Code | undefined,
  hint: string | undefined,
): Pick<Alert, 'text' | 'hint'> {
  const { agent, envVar } = binding
  const text = `${agent}: ${envVar}: ${message}${code === undefined ? '' : ` [${code}]`}`
  return { text, ...(hint === undefined ? {} : { hint }) }
}
