/** schema/secretref.schema.json: what an editor needs to complete and check a config while it is typed. */
import { jsonSchema } from '../../src/config/json-schema.ts'
import type { Output } from '../generate.ts'

export async function generate(): Promise<Output> {
  return {
    path: 'schema/secretref.schema.json',
    content: `${JSON.stringify(jsonSchema(), null, 2)}\n`,
  }
}
