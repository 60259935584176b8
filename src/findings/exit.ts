/** How a command that looks for something ends. */
import type { Finding, FindingCode } from './types.ts'

/** With one of these, nobody can say that nothing else is wrong. */
const INCOMPLETE: ReadonlySet<FindingCode> = new Set(['unresolved', 'unreadable'])

/**
 * 2 where something could not be read or resolved, with or without `check`; 1 where `check` is set and
 * something is worse than a note; else 0.
 */
export function exitCode(findings: readonly Finding[], { check }: { check: boolean }): 0 | 1 | 2 {
  if (findings.some(({ code }) => INCOMPLETE.has(code))) return 2
  return check && findings.some(({ severity }) => severity !== 'note') ? 1 : 0
}
