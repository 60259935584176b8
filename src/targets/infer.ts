/**
 * Which target a binding is for, from the names in a config. Pure, and without the catalogue: only the
 * index of names is read, when it is first asked for.
 *
 * What is inferred here decides to which service a credential may be shown, so nothing is guessed: a name
 * that several services share infers nothing, and neither do a variable and a ref that contradict each
 * other. `service` in the config settles it.
 */
import { upperSnake } from '../config/names.ts'
import { TARGET_INDEX } from './index.generated.ts'
import { serviceWord } from './words.ts'

export interface Asked {
  /** What the config says itself: an id, or a service's name. */
  service?: string | undefined
  tool?: string | undefined
  envVar: string
  ref: string
}

export interface Inferred {
  id: string
  /**
   * What it was inferred from. `tool`: from the tool's name alone, which says what the tool is for and not
   * what the credential is: good enough to be shown, not to be acted on.
   */
  by: 'service' | 'variable' | 'ref' | 'tool'
  /** Other kinds that the same variable may hold, so that a value of that form is no mistake. */
  also: readonly string[]
}

/** `undefined` where nothing is known, or more than one thing. */
export function targetOf({ service, tool, envVar, ref }: Asked): Inferred | undefined {
  const variable = byVariable(envVar)
  const named = byVariable(upperSnake(ref))
  if (service !== undefined) return withService(service, variable, named)
  if (variable !== undefined && named !== undefined && !meet(variable, named)) return undefined
  if (variable !== undefined) return { ...variable, by: 'variable' }
  if (named !== undefined) return { ...named, by: 'ref' }
  return tool === undefined ? undefined : byTool(tool)
}

/** The ids that a config's `service` stands for: one for an id, all kinds for a service. */
export function idsOfService(service: string): readonly string[] {
  const { services } = index()
  const word = serviceWord(service)
  return services.get(word) ?? (index().ids.has(word) ? [word] : [])
}

export function isTargetId(text: string): boolean {
  return index().ids.has(text)
}

/** Every word that `idsOfService` knows, for a "did you mean". */
export function serviceWords(): readonly string[] {
  return [...new Set([...index().services.keys(), ...index().ids])]
}

type Kinds = Omit<Inferred, 'by'>

function withService(
  service: string,
  ...names: readonly (Kinds | undefined)[]
): Inferred | undefined {
  if (index().ids.has(service)) return { id: service, by: 'service', also: [] }
  const ids = idsOfService(service)
  for (const named of names) {
    // The config says which service, so of what the name may mean the rest is out.
    const kinds =
      named === undefined ? [] : [named.id, ...named.also].filter((id) => ids.includes(id))
    const [id, ...also] = kinds
    if (id !== undefined) return { id, by: 'service', also }
  }
  const [only, ...more] = ids
  return only === undefined || more.length > 0 ? undefined : { id: only, by: 'service', also: [] }
}

/** By a variable's name, or one without what only tells two of a kind apart (`LEGACY_`, `_PROD`, `_2`). */
function byVariable(name: string): Kinds | undefined {
  const { variables } = index()
  const words = name.split('_')
  for (;;) {
    const claims = variables.get(words.join('_'))
    if (claims !== undefined) return kindsOf(claims)
    if (isQualifier(words.at(-1))) words.pop()
    else if (isQualifier(words[0])) words.shift()
    else return undefined
  }
}

const QUALIFIERS = new Set(
  'BACKUP CI CURRENT DEFAULT DEV DEVELOPMENT LEGACY LIVE LOCAL MAIN MY NEW NEXT OLD PREVIOUS PRIMARY PROD PRODUCTION READ READONLY SANDBOX SECONDARY STAGING TEST'.split(
    ' ',
  ),
)

function isQualifier(word: string | undefined): boolean {
  return word !== undefined && (QUALIFIERS.has(word) || /^(?:V?[0-9]{1,2})$/.test(word))
}

/** Where a tool's name is a service's, or begins with it, and that service has one kind of credential. */
function byTool(tool: string): Inferred | undefined {
  const words = tool.toLowerCase().split(/[^a-z0-9]+/)
  for (let length = words.length; length > 0; length--) {
    const ids = index().services.get(words.slice(0, length).join('-'))
    const [id, ...more] = ids ?? []
    if (id !== undefined) return more.length > 0 ? undefined : { id, by: 'tool', also: [] }
  }
  return undefined
}

function meet(one: Kinds, other: Kinds): boolean {
  const ids = new Set([one.id, ...one.also])
  return [other.id, ...other.also].some((id) => ids.has(id))
}

interface Index {
  ids: ReadonlySet<string>
  services: ReadonlyMap<string, readonly string[]>
  /** By variable, the ids of what it may hold, with a `!` behind its usual one. */
  variables: ReadonlyMap<string, string>
}

let made: Index | undefined

function index(): Index {
  made ??= makeIndex()
  return made
}

/** Every start makes it to ask for two names: what a variable may hold is taken apart when it is asked for. */
function makeIndex(): Index {
  const ids = new Set<string>()
  const services = new Map<string, string[]>()
  const variables = new Map<string, string>()
  for (const line of TARGET_INDEX.trim().split('\n')) {
    const words = line.split(' ')
    const [id = '', service = ''] = words
    ids.add(id)
    const kinds = services.get(service)
    if (kinds === undefined) services.set(service, [id])
    else kinds.push(id)
    for (const word of words.slice(2)) {
      const usual = word.endsWith('!')
      const variable = usual ? word.slice(0, -1) : word
      const before = variables.get(variable)
      const claim = usual ? `${id}!` : id
      variables.set(variable, before === undefined ? claim : `${before} ${claim}`)
    }
  }
  return { ids, services, variables }
}

/** @returns undefined where it may hold several kinds and none is its usual one */
function kindsOf(claims: string): Kinds | undefined {
  const kinds = claims.split(' ')
  const [only, ...others] = kinds
  const one = kinds.find((kind) => kind.endsWith('!')) ?? (others.length === 0 ? only : undefined)
  if (one === undefined) return undefined
  const id = one.replace('!', '')
  return { id, also: kinds.map((kind) => kind.replace('!', '')).filter((kind) => kind !== id) }
}
