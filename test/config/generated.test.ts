import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runGenerators } from '../../scripts/generate.ts'
import { jsonSchema, knownKeys } from '../../src/config/json-schema.ts'

const ROOT = join(import.meta.dirname, '..', '..')

test('every generated file is what its source says', async () => {
  expect(await runGenerators(ROOT, true)).toEqual([])
})

test('the schema for editors allows $schema, closes its objects and describes its keys', () => {
  const text = readFileSync(join(ROOT, 'schema', 'secretref.schema.json'), 'utf8')
  expect(JSON.parse(text)).toEqual(jsonSchema())
  expect(jsonSchema()).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    additionalProperties: false,
    properties: { $schema: { type: 'string' }, agents: { description: expect.any(String) } },
  })
})

test.each([
  [[], ['$schema', 'secrets', 'agent', 'agents', 'environments', 'openclaw']],
  [
    ['agents', 'a', 'auth-profiles', 't'],
    ['required', 'on-failure'],
  ],
  [
    ['openclaw', 'gateway'],
    ['environment', 'secrets'],
  ],
  [
    ['environments', 'e'],
    ['secrets', 'inherit'],
  ],
  [
    ['secrets', 'providers', 'file'],
    ['type', 'path', 'format'],
  ],
  [
    ['openclaw', 'gateway', 'secrets', 'refMap', 'r', 'provider', 0],
    ['provider', 'path', 'target', 'field', 'version'],
  ],
  [['agents', 'a', 'command', 0], []],
  [['nowhere'], []],
])('the keys at %j', (at, keys) => {
  expect(knownKeys(jsonSchema(), at)).toEqual(keys)
})
