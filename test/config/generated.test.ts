import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from '../../scripts/generate/check.ts'
import { runGenerators } from '../../scripts/generate.ts'
import { jsonSchema, knownKeys } from '../../src/config/json-schema.ts'
import { load, scratch } from './helpers.ts'

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
  [[], ['$schema', 'secrets', 'agent', 'agents', 'environments', 'targets', 'alerts', 'openclaw']],
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
    ['secrets', 'inherit', 'targets'],
  ],
  [
    ['secrets', 'providers', 'file'],
    ['type', 'path', 'format', 'resilience'],
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

test('the example in docs/configuration.md loads', async () => {
  const text = readFileSync(join(ROOT, 'docs', 'configuration.md'), 'utf8')
  const [, example = ''] = /```json5\n([\s\S]*?)```/.exec(text) ?? []
  const { config, warnings } = await load(example)
  expect(warnings).toEqual([])
  expect(Object.keys(config.agents ?? {})).toEqual(['payment-analyst'])
})

test('a file that drifted is named and left alone by --check, and written without it', async () => {
  const root = scratch()
  mkdirSync(join(root, 'scripts', 'generate'), { recursive: true })
  const generator =
    "export const generate = async () => ({ path: 'out/made.txt', content: 'made' })\n"
  const nothing = "export const generate = async () => ({ path: 'out/nothing.txt', content: '' })\n"
  writeFileSync(join(root, 'scripts', 'generate', 'providers.ts'), generator)
  writeFileSync(join(root, 'scripts', 'generate', 'drivers.ts'), nothing)
  mkdirSync(join(root, 'out'))
  writeFileSync(join(root, 'out', 'nothing.txt'), '')
  expect(await runGenerators(root, true)).toEqual(['out/made.txt'])
  expect(await runGenerators(root, true)).toEqual(['out/made.txt'])
  expect(await runGenerators(root, false)).toEqual(['out/made.txt'])
  expect(readFileSync(join(root, 'out', 'made.txt'), 'utf8')).toBe('made')
  expect(await runGenerators(root, true)).toEqual([])
})

test.each([
  { type: 'object', minProperties: 1 },
  { type: 'string', format: 'uri' },
  { type: 'null' },
  { not: {} },
  { type: 'array', items: { type: 'number', multipleOf: 2 } },
])('the compiler stops at what it does not know: %j', (schema) => {
  expect(() => compile(schema)).toThrow(/does not know/)
})
