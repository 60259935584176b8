/** Plain text, agents that nobody runs, and stores that were not listed. Pure. */
import { dayOf, daysUntil } from '../../policy/expiry.ts'
import type { AuditFacts } from './facts.ts'
import { byText, found, inDays, sorted, type AuditFinding } from './finding.ts'

export function judgeLiterals({ literals }: AuditFacts): AuditFinding[] {
  return literals.map(({ message, kind, severity, place }) => {
    const { file = '', line } = place
    return found({
      code: 'hardcoded-credential',
      severity,
      subject: line === undefined ? file : `${file}:${line}`,
      detail: kind,
      message,
      places: [place],
    })
  })
}

/** All of them together; an agent that was never run counts from when the config was last written. */
export function judgeIdle(facts: AuditFacts): AuditFinding[] {
  const { agents, configWritten, now, limits, place } = facts
  const daysSince = (date: Date): number => -daysUntil(date.toISOString(), now)
  const idle = agents
    .filter(({ lastRun, running }) => !running && daysSince(lastRun ?? configWritten) > limits.idle)
    .toSorted((a, b) => byText(a.agent, b.agent))
  const [first, second] = idle
  if (first === undefined) return []
  const { agent, lastRun } = first
  const alone = second === undefined
  const since = lastRun === undefined ? 'never run' : `last run on ${dayOf(lastRun.toISOString())}`
  return [
    found({
      code: 'idle-agent',
      subject: alone ? agent : `${idle.length} agents`,
      detail: alone ? since : `no run for ${inDays(limits.idle)}`,
      message: alone
        ? `no run has used agent "${agent}" for ${inDays(limits.idle)}: ${since}`
        : `no run has used ${idle.length} agents for ${inDays(limits.idle)}`,
      places: idle.map(({ at }) => place(at)),
      ...(alone ? { agent } : { agents: sorted(idle.map((one) => one.agent)) }),
    }),
  ]
}

export function judgeStores({ stores }: AuditFacts): AuditFinding[] {
  return stores
    .toSorted((a, b) => byText(a.provider, b.provider))
    .flatMap((store) => {
      const { provider, path } = store
      const isFile = path !== undefined && !('under' in store)
      const places = [isFile ? { provider, file: path } : { provider }]
      if (store.outcome === 'not-listed') {
        const message = `what else provider "${provider}" holds is not known: ${store.reason}`
        const hint = 'look into the store itself; a run needs no right to list it'
        return [
          found({
            code: 'not-listed',
            subject: provider,
            detail: store.reason,
            message,
            hint,
            places,
          }),
        ]
      }
      const untold = store.hidden + store.more
      if (untold === 0) return []
      const [names, are] =
        untold === 1
          ? ['1 name', 'is no ref, could be a value, or is one too many to show']
          : [`${untold} names`, 'are no refs, could be values, or are too many to show']
      return [
        found({
          code: 'not-listed',
          subject: provider,
          detail: `${names} not shown`,
          message: `${names} of provider "${provider}" ${are}`,
          hint: 'look into the store itself',
          places,
        }),
      ]
    })
}
