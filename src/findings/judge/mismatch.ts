/** Whether a binding's own words say two services. Pure; only variables that were seen in a source count. */
import { upperSnake } from '../../config/names.ts'
import { idsOfService, targetOf } from '../../targets/infer.ts'

/** Two services, and what says the first. */
export interface TargetMismatch {
  stated: string
  expected: string
  by: string
}

export interface Words {
  /** As the config states it. */
  service?: string | undefined
  tool: string
  envVar: string
  ref: string
}

/**
 * Whether one binding is for two services: what is stated (`service`, else the variable) against the ref, and where that says nothing or agrees
 * with the variable, against the tool. A stated service that the ref agrees with settles it: a tool may
 * be called anything.
 *
 * @param catalogue a target's id to its service
 */
export function mismatchOf(
  { service, tool, envVar, ref }: Words,
  catalogue: ReadonlyMap<string, string>,
): TargetMismatch | undefined {
  const services = (ids: readonly string[]): string[] =>
    ids.map((id) => catalogue.get(id)).filter((name) => name !== undefined)
  const byName = (name: string): string[] => {
    const found = targetOf({ envVar: name, ref: name })
    return found === undefined ? [] : services([found.id, ...found.also])
  }
  const stated = service === undefined ? byName(envVar) : services(idsOfService(service))
  const [first] = stated
  if (first === undefined) return undefined
  const by = service === undefined ? `variable ${envVar}` : '"service"'
  const against = (others: readonly string[]): TargetMismatch | undefined => {
    const [other] = others
    return other === undefined || others.some((name) => stated.includes(name))
      ? undefined
      : { stated: first, expected: other, by }
  }
  const ofRef = byName(upperSnake(ref))
  if (service !== undefined && ofRef.length > 0) return against(ofRef)
  return against(ofRef) ?? against(services(idsOfTool(tool)))
}

/** Short words are services too (Make, Line, Box), and begin many a name that has nothing to do with them. */
const TELLING_LETTERS = 5

/** The service that a tool is called by: its whole name, or what it begins with. */
function idsOfTool(tool: string): readonly string[] {
  const words = tool.toLowerCase().split(/[^a-z0-9]+/)
  for (let length = words.length; length > 0; length--) {
    const name = words.slice(0, length).join('-')
    if (length < words.length && name.length < TELLING_LETTERS) return []
    const ids = idsOfService(name)
    if (ids.length > 0) return ids
  }
  return []
}
