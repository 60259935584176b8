/** The last thing that happens to a finding before it is shown. Pure. */
import { literalKind } from '../../targets/literals.ts'
import type { AuditFinding } from './finding.ts'

const HIDDEN = '(hidden)'

/**
 * The same finding without any text that is unmistakably a credential: a config that holds one is judged
 * as well, and one may stand in a note, a name or a path of it.
 */
export function shownFinding(finding: AuditFinding): AuditFinding {
  return mapped(finding, (text) => (literalKind(text) === undefined ? text : HIDDEN))
}

function mapped<T>(value: T, change: (text: string) => string): T
function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapped<unknown>(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapped<unknown>(item, change)]),
  )
}
