/** The bindings of many agents summed up: what needs attention in groups, and how many are well. Pure. */
import { statusWords, type Sign, type StatusLine } from './status.ts'

/** In this order they are shown: what stops an agent, what will, and what is as it should be. */
const KINDS = [
  'denied',
  'rejected',
  'expired',
  'expiring',
  'stale',
  'injected',
  'ready',
  'never injected',
] as const
export type Kind = (typeof KINDS)[number]
const ATTENTION: ReadonlySet<Kind> = new Set(['denied', 'rejected', 'expired', 'expiring', 'stale'])

/** Bindings that have the same line in `gateway status`, whoever is bound. */
export interface Group {
  /** One of them, for what they share. */
  line: StatusLine
  refs: ReadonlySet<string>
  /** In the order of the config. */
  agents: readonly string[]
}

export interface Section {
  kind: Kind
  sign: Sign
  bindings: number
  agents: number
  /** The first to end first, then the largest. */
  groups: readonly Group[]
}

export interface ProviderCounts {
  /** `none`: the config places the ref nowhere. */
  provider: string
  bindings: number
  attention: number
  well: number
  neverInjected: number
}

export interface Fleet {
  agents: number
  /** Agents that are bound to nothing. */
  unbound: number
  bindings: number
  attention: readonly Section[]
  /** Injected, ready, never injected. They have no groups. */
  rest: readonly Section[]
  /** The largest first. */
  providers: readonly ProviderCounts[]
}

/** @param agents each with its bindings, in the order of the config */
export function fleetOf(agents: readonly { agent: string; lines: readonly StatusLine[] }[]): Fleet {
  const lines = agents.flatMap((one) => one.lines)
  const byKind = Map.groupBy(lines, kindOf)
  const sections = KINDS.flatMap((kind) => {
    const own = byKind.get(kind)
    return own === undefined ? [] : [sectionOf(kind, own)]
  })
  return {
    agents: agents.length,
    unbound: agents.filter((one) => one.lines.length === 0).length,
    bindings: lines.length,
    attention: sections.filter(({ kind }) => ATTENTION.has(kind)),
    rest: sections.filter(({ kind }) => !ATTENTION.has(kind)),
    providers: providersIn(lines),
  }
}

function kindOf({ state, sign }: StatusLine): Kind {
  if (state !== 'injected' && state !== 'ready') return state
  if (sign === 'bad') return 'expired'
  return sign === 'attention' ? 'expiring' : state
}

function sectionOf(kind: Kind, lines: readonly StatusLine[]): Section {
  return {
    kind,
    sign: lines[0]?.sign ?? 'none',
    bindings: lines.length,
    agents: new Set(lines.map(({ agent }) => agent)).size,
    groups: ATTENTION.has(kind) ? groupsIn(lines) : [],
  }
}

function groupsIn(lines: readonly StatusLine[]): Group[] {
  const groups = Map.groupBy(lines, statusWords)
  return [...groups.values()]
    .flatMap((own) => {
      const [line] = own
      if (line === undefined) return []
      const refs = new Set(own.map(({ ref }) => ref))
      return { line, refs, agents: [...new Set(own.map(({ agent }) => agent))] }
    })
    .sort(moreUrgent)
}

function moreUrgent(a: Group, b: Group): number {
  const [first, second] = [a.line.expiresAt ?? '', b.line.expiresAt ?? '']
  if (first !== second) return first < second ? -1 : 1
  return b.agents.length - a.agents.length
}

function providersIn(lines: readonly StatusLine[]): ProviderCounts[] {
  const byProvider = Map.groupBy(lines, ({ provider }) => provider ?? 'none')
  return Array.from(byProvider, ([provider, own]) => {
    const kinds = own.map(kindOf)
    const attention = kinds.filter((kind) => ATTENTION.has(kind)).length
    const neverInjected = kinds.filter((kind) => kind === 'never injected').length
    return {
      provider,
      bindings: own.length,
      attention,
      well: own.length - attention - neverInjected,
      neverInjected,
    }
  }).sort((a, b) => b.bindings - a.bindings)
}
