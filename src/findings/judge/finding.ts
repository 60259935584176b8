/** A finding of an audit, and how those that say the same become one. Pure. */
import { shownKey } from '../../config/problems.ts'
import { RULE_TEXTS } from '../rules.ts'
import type { Finding, FindingCode, Place } from '../types.ts'
import type { BindingFact } from './facts.ts'

export interface AuditFinding extends Finding {
  /** What it is about, as the line shows it: a ref, an agent, a file. */
  subject: string
  /** What stands in brackets behind it. */
  detail?: string
  /** Sorted; where it is about more than one. */
  agents?: readonly string[]
  refs?: readonly string[]
  environments?: readonly string[]
}

type Given = Omit<AuditFinding, 'severity' | 'hint'> &
  Partial<Pick<AuditFinding, 'severity' | 'hint'>>

/** Severity and hint are the code's own where none is given. */
export function found(given: Given): AuditFinding {
  const { level, help } = RULE_TEXTS[given.code]
  const { severity = level, hint = lowerFirst(help.replace(/\.$/, '')) } = given
  return { ...given, severity, hint }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** `12 agents`; nothing where there is one. */
export function counted(names: readonly string[], what: string): string | undefined {
  return names.length > 1 ? `${names.length} ${what}` : undefined
}

/** `1 day`, `90 days` */
export function inDays(days: number): string {
  return days === 1 ? '1 day' : `${days} days`
}

/** What stands in brackets: the parts that there are. */
export function detailOf(...parts: readonly (string | undefined)[]): { detail?: string } {
  const said = parts.filter((part) => part !== undefined && part !== '')
  return said.length === 0 ? {} : { detail: said.join(', ') }
}

export function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].toSorted(byText)
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Three names, and how many more. */
export function listed(names: readonly string[]): string {
  const more = names.length - 3
  return more > 0 ? `${names.slice(0, 3).join(', ')} and ${more} more` : names.join(', ')
}

/** Facts that share a key, in the order of their keys; inside, in the order of agent, tool and slot. */
export function groups(
  facts: readonly BindingFact[],
  key: (fact: BindingFact) => string | undefined,
): BindingFact[][] {
  const made = new Map<string, BindingFact[]>()
  for (const fact of facts) {
    const name = key(fact)
    if (name === undefined) continue
    const group = made.get(name)
    if (group === undefined) made.set(name, [fact])
    else group.push(fact)
  }
  return [...made]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([, group]) => group.toSorted((a, b) => byText(orderOf(a), orderOf(b))))
}

function orderOf({ binding, environment }: BindingFact): string {
  return JSON.stringify([binding.agent, binding.tool, binding.slot, environment])
}

/** What a finding about several bindings says of each of its fields that they share. */
export function sharedFields(
  group: readonly BindingFact[],
  place: (at: BindingFact['at']) => Place,
): Pick<
  AuditFinding,
  | 'places'
  | 'ref'
  | 'refs'
  | 'agent'
  | 'agents'
  | 'tool'
  | 'envVar'
  | 'environment'
  | 'environments'
> {
  const of = (field: (fact: BindingFact) => string): string[] => sorted(group.map(field))
  const refs = of(({ binding }) => shownKey(binding.ref))
  const agents = of(({ binding }) => binding.agent)
  const tools = of(({ binding }) => binding.tool)
  const variables = of(({ binding }) => shownKey(binding.envVar))
  const environments = of(({ environment }) => environment)
  return {
    ...one('ref', refs),
    ...(refs.length > 1 ? { refs } : {}),
    ...one('agent', agents),
    ...(agents.length > 1 ? { agents } : {}),
    ...one('tool', tools),
    ...one('envVar', variables),
    ...one('environment', environments),
    ...(environments.length > 1 ? { environments } : {}),
    places: placesOf(
      group.map(({ at }) => at),
      place,
    ),
  }
}

/** The one name that all share, under `key`. */
function one<K extends string>(key: K, names: readonly string[]): Partial<Record<K, string>> {
  const [name, second] = names
  const made: Partial<Record<K, string>> = {}
  if (name !== undefined && second === undefined) made[key] = name
  return made
}

/** Each place once. */
export function placesOf(
  ats: readonly BindingFact['at'][],
  place: (at: BindingFact['at']) => Place,
): Place[] {
  const once = new Map(ats.map((at) => [JSON.stringify(at), at]))
  return [...once.values()].map(place)
}

const SEVERITIES = ['error', 'warning', 'note'] as const

/** Most serious first, then by code, by how many agents it touches, by what it is about. */
export function inOrder(
  findings: readonly AuditFinding[],
  codes: readonly FindingCode[],
): AuditFinding[] {
  return findings.toSorted(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      codes.indexOf(a.code) - codes.indexOf(b.code) ||
      (b.agents?.length ?? 1) - (a.agents?.length ?? 1) ||
      byText(a.subject, b.subject) ||
      byText(a.detail ?? '', b.detail ?? ''),
  )
}
