/** The config's JSON Schema, for editors, for the fast checker and for what may stand where. */
import { z } from 'zod'
import { configSchema } from './schema.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** Draft 7: the newest that the common editors know in full. */
export function jsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' })
  return { $schema, title: 'SecretRef configuration', ...rest }
}

/** The keys that the schema names for the object at this path. */
export function knownKeys(schema: JsonSchema, at: readonly (string | number)[]): string[] {
  const definitions = isSchema(schema['definitions']) ? schema['definitions'] : {}
  let nodes = resolve([schema], definitions)
  for (const step of at) {
    const next = nodes.flatMap((node) => {
      if (typeof step === 'number') return [node['items']]
      const properties = node['properties']
      return isSchema(properties) && Object.hasOwn(properties, step)
        ? [properties[step]]
        : [node['additionalProperties']]
    })
    nodes = resolve(next.filter(isSchema), definitions)
  }
  return [
    ...new Set(
      nodes.flatMap(({ properties }) => (isSchema(properties) ? Object.keys(properties) : [])),
    ),
  ]
}

/** Follows references and opens unions until only plain schemas are left. */
function resolve(schemas: readonly JsonSchema[], definitions: JsonSchema): JsonSchema[] {
  return schemas.flatMap((schema) => {
    const inner: unknown[] = [schema['allOf'], schema['anyOf'], schema['oneOf']].flat()
    const reference = schema['$ref']
    if (typeof reference === 'string') {
      inner.push(definitions[reference.replace('#/definitions/', '')])
    }
    const branches = inner.filter(isSchema)
    return branches.length === 0 ? [schema] : resolve(branches, definitions)
  })
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
