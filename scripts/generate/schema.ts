/** schema/secretref.schema.json: what an editor needs to complete and check a config while it is typed. */
import { z } from 'zod'
import { configSchema } from '../../src/config/schema.ts'
import type { Output } from '../generate.ts'

/** The config's JSON Schema, draft 7: the newest that the common editors know in full. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' })
  const { $schema, ...rest } = schema
  return { $schema, title: 'SecretRef configuration', ...rest }
}

export async function generate(): Promise<Output> {
  return {
    path: 'schema/secretref.schema.json',
    content: `${JSON.stringify(jsonSchema(), null, 2)}\n`,
  }
}
