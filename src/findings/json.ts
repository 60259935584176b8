/** Findings for programs. */
import { exitCode } from './exit.ts'
import type { Finding, Severity } from './types.ts'

/** `unresolved`: something could not be read or resolved, whatever else was found. */
export type Status = 'clean' | 'findings' | 'unresolved'

/** Notes alone are `clean`, as for `--check`. */
export function statusOf(findings: readonly Finding[]): Status {
  return (['clean', 'findings', 'unresolved'] as const)[exitCode(findings, { check: true })]
}

/** How many of each severity. */
export function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, note: 0 }
  for (const { severity } of findings) counts[severity] += 1
  return counts
}

/**
 * The one object that `--json` prints, with `safeJson`.
 *
 * @param more counts of the command's own, for `summary`
 */
export function findingsJson(
  findings: readonly Finding[],
  more: Readonly<Record<string, number>> = {},
): { version: 1; status: Status; findings: readonly Finding[]; summary: Record<string, number> } {
  return {
    version: 1,
    status: statusOf(findings),
    findings,
    summary: { ...countsOf(findings), ...more },
  }
}
