/**
 * Which target a binding is for, from the names in a config. Pure, and without the catalogue: only the
 * index of names is read, when it is first asked for.
 *
 * What is inferred here decides to which service a credential may be shown, so nothing is guessed: a name
 * that several services share infers nothing, and neither do a variable and a ref that contradict each
 * other. `service` in the config settles it.
 */
import { upperSnake } from '../config/names.ts'
import { SERVICES, VARIABLES } from './index.generated.ts'
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
  const word = serviceWord(service)
  return services()[word] ?? (isTargetId(word) ? [word] : [])
}

export function isTargetId(text: string): boolean {
  return ids().has(text)
}

/** Every word that `idsOfService` knows, for a "did you mean". */
export function serviceWords(): readonly string[] {
  return [...new Set([...Object.keys(services()), ...ids()])]
}

type Kinds = Omit<Inferred, 'by'>

function withService(
  service: string,
  ...names: readonly (Kinds | undefined)[]
): Inferred | undefined {
  if (isTargetId(service)) return { id: service, by: 'service', also: [] }
  const own = idsOfService(service)
  for (const named of names) {
    // The config says which service, so of what the name may mean the rest is out.
    const kinds =
      named === undefined ? [] : [named.id, ...named.also].filter((id) => own.includes(id))
    const [id, ...also] = kinds
    if (id !== undefined) return { id, by: 'service', also }
  }
  const [only, ...more] = own
  return only === undefined || more.length > 0 ? undefined : { id: only, by: 'service', also: [] }
}

/** By a variable's name, or one without what only tells two of a kind apart (`LEGACY_`, `_PROD`, `_2`). */
function byVariable(name: string): Kinds | undefined {
  const words = name.split('_')
  for (;;) {
    const found = variables()[words.join('_')]
    if (found !== undefined) {
      const [id, ...also] = found
      return id === undefined ? undefined : { id, also }
    }
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
    const [id, ...more] = services()[words.slice(0, length).join('-')] ?? []
    if (id !== undefined) return more.length > 0 ? undefined : { id, by: 'tool', also: [] }
  }
  return undefined
}

function meet(one: Kinds, other: Kinds): boolean {
  const kinds = new Set([one.id, ...one.also])
  return [other.id, ...other.also].some((id) => kinds.has(id))
}

type Names = Readonly<Record<string, readonly string[]>>

/** Without a prototype: a tool called `constructor` is nothing. */
function parsed(text: string): Names {
  const names: Names = JSON.parse(text)
  return Object.setPrototypeOf(names, null)
}

let parsedVariables: Names | undefined
function variables(): Names {
  parsedVariables ??= parsed(VARIABLES)
  return parsedVariables
}

let parsedServices: Names | undefined
function services(): Names {
  parsedServices ??= parsed(SERVICES)
  return parsedServices
}

let allIds: ReadonlySet<string> | undefined
function ids(): ReadonlySet<string> {
  allIds ??= new Set(Object.values(services()).flat())
  return allIds
}
