/** Findings of an audit as lines, the article's: `⚠️ unused-ref: legacy-github-token (delete after migration)`. Pure. */
import { printable } from '../printable.ts'
import type { AuditFinding } from './judge/finding.ts'
import type { Place, Severity } from './types.ts'

const SIGNS: Readonly<Record<Severity, string>> = { error: '❌', warning: '⚠️', note: '⚪' }
const WORDS: Readonly<Record<Severity, string>> = {
  error: '[fail]',
  warning: '[warn]',
  note: '[note]',
}
/** Of one code and severity; a fleet may have hundreds. */
const SHOWN = 10
const INDENT = '   '

export interface TextOptions {
  /** Signs; else words. */
  signs: boolean
  /** All of them, each with what it means, where it is and what to do. */
  verbose: boolean
}

/** Lines with their newlines, safe for a terminal. @param findings in the order in which they are shown */
export function findingsText(
  findings: readonly AuditFinding[],
  { signs, verbose }: TextOptions,
): string {
  const alike = Map.groupBy(findings, ({ severity, code }) => `${severity} ${code}`)
  let text = ''
  for (const group of alike.values()) {
    const shown = verbose ? group : group.slice(0, SHOWN)
    for (const finding of shown) {
      text += line(finding, signs)
      if (verbose) for (const more of explained(finding)) text += `${INDENT}${printable(more)}\n`
    }
    const [first] = group
    const more = group.length - shown.length
    if (first === undefined || more === 0) continue
    const sign = (signs ? SIGNS : WORDS)[first.severity]
    text += `${sign} ${first.code}: ${more} more (--verbose lists them)\n`
  }
  return text
}

function line({ severity, code, subject, detail }: AuditFinding, signs: boolean): string {
  const said = detail === undefined ? subject : `${subject} (${detail})`
  return `${(signs ? SIGNS : WORDS)[severity]} ${code}: ${printable(said)}\n`
}

function explained({ message, hint, places, agents, refs }: AuditFinding): string[] {
  return [
    message,
    ...places.map(placeText),
    ...(refs === undefined ? [] : [`refs: ${refs.join(', ')}`]),
    ...(agents === undefined ? [] : [`agents: ${agents.join(', ')}`]),
    `hint: ${hint}`,
  ]
}

/** `FILE:LINE:COLUMN: agents.a.tool-bindings.t` */
export function placeText({ file, line: number, column, at, provider }: Place): string {
  const where =
    file === undefined || number === undefined ? file : `${file}:${number}:${column ?? 1}`
  const store = provider === undefined ? undefined : `provider ${provider}`
  return [where, store, at].filter((part) => part !== undefined).join(': ')
}
