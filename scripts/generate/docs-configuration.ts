/** The reference in docs/configuration.md, between its markers: every key, and every list of variables. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchema, type JsonSchema } from '../../src/config/json-schema.ts'
import { DATE, ENVIRONMENT, NAME, PROVIDER, TEXT, VARIABLE } from '../../src/config/names.ts'
import { PROVIDER_OPTIONS } from '../../src/config/providers.generated.ts'
import {
  CREDENTIAL_VARIABLES,
  PASSED_VARIABLES,
  REFUSED_VARIABLES,
} from '../../src/config/variables.ts'
import type { Output } from '../generate.ts'

const PATH = 'docs/configuration.md'
const BEGIN = '<!-- generated: reference -->'
const END = '<!-- end of generated -->'

const FORMS = new Map([
  [NAME.source, 'name'],
  [PROVIDER.source, 'short name'],
  [ENVIRONMENT.source, 'short name'],
  [VARIABLE.source, 'variable'],
  [DATE.source, 'date'],
  [TEXT.source, 'text'],
])

export async function generate(root: string): Promise<Output> {
  const text = readFileSync(join(root, PATH), 'utf8')
  const [before, rest, ...more] = text.split(BEGIN)
  const [, after, ...others] = rest?.split(END) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`${PATH} must hold "${BEGIN}" and then "${END}", once each`)
  }
  return { path: PATH, content: `${before}${BEGIN}\n\n${referenceText()}\n${END}${after}` }
}

function referenceText(): string {
  return [...sections(), ...variableLists()].join('\n')
}

function sections(): string[] {
  const schema = jsonSchema()
  const definitions = fieldsOf(schema, 'definitions')
  const written = new Set<string>()
  const texts: string[] = []
  const visit = (node: JsonSchema, place: string): void => {
    const { target, name } = follow(node, definitions)
    if (name !== undefined) {
      if (written.has(name)) return
      written.add(name)
    }
    const properties = fieldsOf(target, 'properties')
    const keys = Object.keys(properties)
    if (keys.length > 0) texts.push(section(target, place, definitions))
    // The rest of it is the same as in `agents`, which has a section of its own.
    if (place === 'agent') return
    for (const key of keys) visit(properties[key] ?? {}, place === '' ? key : `${place}.${key}`)
    const each = target['additionalProperties']
    if (isSchema(each)) visit(each, `${place}.NAME`)
    for (const branch of branchesOf(target)) visit(branch, place)
    const items = target['items']
    if (isSchema(items)) visit(items, `${place}[]`)
  }
  visit(schema, '')
  return [...texts, ...driverSections(definitions)]
}

/** One section for each rotation driver: what may stand beside it in a ref's `rotate`. */
function driverSections(definitions: Schemas): string[] {
  const { oneOf } = definitions['rotate'] ?? {}
  const drivers = Array.isArray(oneOf) ? oneOf.filter(isSchema) : []
  return drivers.map((driver) => {
    const name = fieldsOf(driver, 'properties')['driver']?.['const']
    return section(driver, `rotate (${JSON.stringify(name)})`, definitions)
  })
}

function section(schema: JsonSchema, place: string, definitions: Schemas): string {
  const required = schema['required']
  const properties = Object.entries(fieldsOf(schema, 'properties'))
  const shown = place === 'agent' ? properties.filter(([key]) => key === 'id') : properties
  const rows = shown.map(([key, property]) => {
    const needed = Array.isArray(required) && required.includes(key) ? ' (needed)' : ''
    const form = formOf(property, definitions)
    return `| \`${key}\`${needed} | ${form} | ${cell(aboutOf(property))} |`
  })
  if (place === 'agent') rows.push('| … | | as in `agents.NAME` |')
  const title = place === '' ? 'The document' : `\`${place}\``
  const about = place === '' ? '' : aboutOf(schema)
  return [
    `### ${title}\n`,
    ...(about === '' ? [] : [`${about}\n`]),
    '| key | form | meaning |\n|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function aboutOf(schema: JsonSchema): string {
  const description = schema['description']
  const standard = schema['default']
  const parts = [typeof description === 'string' ? description : '']
  if (standard !== undefined) parts.push(`Left out: \`${JSON.stringify(standard)}\`.`)
  return parts.filter((part) => part !== '').join(' ')
}

/** What may stand there, in a few words. */
function formOf(schema: JsonSchema, definitions: Schemas): string {
  const { target } = follow(schema, definitions)
  const branches = branchesOf(target)
  if (branches.length > 0) return branches.map((branch) => formOf(branch, definitions)).join(' or ')
  const options = target['enum']
  if (Array.isArray(options)) return options.map((option) => `\`"${option}"\``).join(', ')
  if (target['const'] !== undefined) return `\`${JSON.stringify(target['const'])}\``
  switch (target['type']) {
    case 'string':
      return FORMS.get(patternOf(target)) ?? 'text'
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `whole number, ${range(target)}`
    case 'array':
      return listForm(formOf(isSchema(target['items']) ? target['items'] : {}, definitions))
    default:
      return 'object'
  }
}

function listForm(item: string): string {
  return `list of ${item.includes(' or ') ? `(${item})` : item}`
}

function patternOf(schema: JsonSchema): string {
  const pattern = schema['pattern']
  return typeof pattern === 'string' ? pattern : ''
}

function range(schema: JsonSchema): string {
  return `${JSON.stringify(schema['minimum'])} to ${JSON.stringify(schema['maximum'])}`
}

function names(patterns: readonly string[]): string {
  return patterns.map((name) => `\`${name}\``).join(' ')
}

function variableLists(): string[] {
  const refused = REFUSED_VARIABLES.map(
    ({ reason, patterns }) => `| it ${reason} | ${names(patterns)} |`,
  )
  const credentials = Object.keys(PROVIDER_OPTIONS).flatMap((type) => {
    const patterns = CREDENTIAL_VARIABLES[type]
    return patterns === undefined ? [] : [`| ${type} | ${names(patterns)} |`]
  })
  return [
    `### Variables refused as \`envVar\`\n\n| because | names |\n|---|---|\n${refused.join('\n')}\n`,
    `### Variables that a pristine environment passes\n\n${names(PASSED_VARIABLES)}\n`,
    `### Variables withheld where a config names the provider\n\n| type | names |\n|---|---|\n${credentials.join('\n')}\n`,
  ]
}

type Schemas = Readonly<Record<string, JsonSchema>>

/** Opens a reference; `name` is the definition's. */
function follow(schema: JsonSchema, definitions: Schemas): { target: JsonSchema; name?: string } {
  const all = schema['allOf']
  const only: unknown = Array.isArray(all) ? all[0] : schema
  const link = isSchema(only) ? only['$ref'] : undefined
  if (typeof link !== 'string') return { target: schema }
  const name = link.replace('#/definitions/', '')
  return { target: definitions[name] ?? {}, name }
}

function branchesOf(schema: JsonSchema): JsonSchema[] {
  // A provider under a name of its own has the options of its type, which are listed there.
  const branches = schema['anyOf']
  return Array.isArray(branches) ? branches.filter(isSchema) : []
}

function fieldsOf(schema: JsonSchema, keyword: string): Schemas {
  const fields = schema[keyword]
  if (!isSchema(fields)) return {}
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1])),
  )
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
