/**
 * src/config/check.generated.ts: the config's JSON Schema as plain code, so that a good config is
 * checked without loading zod. A keyword that this compiler does not know stops it: what the schema
 * demands must never be left out of the check.
 */
import type { Output } from '../generate.ts'
import { jsonSchema } from '../../src/config/json-schema.ts'

type Schema = Readonly<Record<string, unknown>>

/** Keywords that say nothing about whether a value is allowed. */
const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default', 'definitions'])

export async function generate(): Promise<Output> {
  return { path: 'src/config/check.generated.ts', content: compile(jsonSchema()) }
}

/** The text of a module that exports `isConfig`. */
export function compile(root: Schema): string {
  const compiler = new Compiler()
  for (const [name, schema] of entriesOf(root['definitions'])) compiler.define(name, schema)
  const check = compiler.expression(root, 'value')
  return `// Made by scripts/generate/check.ts from the schema in schema.ts. Do not edit.
import type { Config } from './types.ts'

/** True where zod would accept \`value\` too; a value as JSON.parse makes it. */
export function isConfig(value: unknown): value is Config {
  return ${check}
}

type Fields = Record<string, unknown>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
${compiler.text()}`
}

class Compiler {
  readonly #functions: string[] = []
  readonly #objects = new Map<string, string>()
  readonly #patterns = new Map<string, string>()

  text(): string {
    const patterns = [...this.#patterns].map(
      ([pattern, name]) => `const ${name} = new RegExp(${JSON.stringify(pattern)})`,
    )
    return [`\n${patterns.join('\n')}\n`, ...this.#functions].join('\n')
  }

  define(name: string, schema: Schema): void {
    const body = this.expression(schema, 'value')
    this.#functions.push(`function ${definition(name)}(value: unknown): boolean {
  return ${body}
}
`)
  }

  /** An expression over the variable `value` that is true where the schema allows it. */
  expression(schema: Schema, value: string): string {
    const known = new Set<string>()
    const take = (keyword: string): unknown => {
      known.add(keyword)
      return schema[keyword]
    }
    const parts: string[] = []
    const reference = take('$ref')
    if (reference !== undefined) {
      parts.push(`${definition(plain(reference).replace('#/definitions/', ''))}(${value})`)
    }
    for (const branch of listOf(take('allOf'))) parts.push(this.expression(branch, value))
    // zod writes `oneOf` for a union whose branches exclude one another by a constant.
    for (const keyword of ['anyOf', 'oneOf']) {
      const branches = listOf(take(keyword)).map((branch) => this.expression(branch, value))
      if (branches.length > 0) parts.push(`(${branches.join(' || ')})`)
    }
    const type = take('type')
    if (type === 'string') parts.push(...this.#string(take, value))
    else if (type === 'boolean') parts.push(`typeof ${value} === 'boolean'`)
    else if (type === 'integer' || type === 'number') parts.push(...number(take, value, type))
    else if (type === 'array') parts.push(this.#array(take, value))
    else if (type === 'object') parts.push(this.#object(take, value))
    else if (type !== undefined)
      throw new Error(`the compiler does not know the type ${plain(type)}`)
    for (const keyword of Object.keys(schema)) {
      if (!known.has(keyword) && !ANNOTATIONS.has(keyword)) {
        throw new Error(`the compiler does not know the keyword ${keyword}`)
      }
    }
    return parts.length === 0 ? 'true' : parts.join(' && ')
  }

  #string(take: (keyword: string) => unknown, value: string): string[] {
    const constant = take('const')
    const options = take('enum')
    const pattern = take('pattern')
    const least = take('minLength')
    const most = take('maxLength')
    if (constant !== undefined) return [`${value} === ${JSON.stringify(constant)}`]
    if (Array.isArray(options)) {
      const tests = options.map((option) => `${value} === ${JSON.stringify(option)}`)
      return [`(${tests.join(' || ')})`]
    }
    const parts = [`typeof ${value} === 'string'`]
    if (least !== undefined) parts.push(`${value}.length >= ${plain(least)}`)
    if (most !== undefined) parts.push(`${value}.length <= ${plain(most)}`)
    if (pattern !== undefined) parts.push(`${this.#pattern(plain(pattern))}.test(${value})`)
    return parts
  }

  #array(take: (keyword: string) => unknown, value: string): string {
    const least = take('minItems')
    const most = take('maxItems')
    const items = take('items')
    const parts = [`Array.isArray(${value})`]
    if (least !== undefined) parts.push(`${value}.length >= ${plain(least)}`)
    if (most !== undefined) parts.push(`${value}.length <= ${plain(most)}`)
    if (isSchema(items)) {
      parts.push(`${value}.every((item: unknown) => ${this.expression(items, 'item')})`)
    }
    return parts.join(' && ')
  }

  /** Every object gets a function of its own: closed keys as a switch, free keys as a loop. */
  #object(take: (keyword: string) => unknown, value: string): string {
    const properties = entriesOf(take('properties'))
    const rest = take('additionalProperties')
    const names = take('propertyNames')
    const required = take('required')
    const cases = properties.map(
      ([key, schema]) => `      case ${JSON.stringify(key)}:
        if (!(${this.expression(schema, 'value')})) return false
        break`,
    )
    const free = isSchema(rest)
      ? `if (!(${this.expression(rest, 'value')})) return false`
      : 'return false'
    const checkName = isSchema(names)
      ? `    if (!(${this.expression({ type: 'string', ...names }, 'key')})) return false\n`
      : ''
    const needed = Array.isArray(required)
      ? required.map(
          (key) => `    if (!Object.hasOwn(fields, ${JSON.stringify(key)})) return false\n`,
        )
      : []
    const each =
      cases.length === 0
        ? `    ${free}`
        : `    switch (key) {\n${cases.join('\n')}\n      default:\n        ${free}\n    }`
    const body = `${needed.join('').replaceAll('    if', '  if')}  for (const key of Object.keys(fields)) {
${each.includes('value') ? '    const value = fields[key]\n' : ''}${checkName}${each}
  }
  return true`
    return `isObject(${value}) && ${this.#shared(body)}(${value})`
  }

  /** The name of the function with this body; equal objects share one. */
  #shared(body: string): string {
    const existing = this.#objects.get(body)
    if (existing !== undefined) return existing
    const name = `object${this.#objects.size}`
    this.#objects.set(body, name)
    this.#functions.push(`function ${name}(fields: Fields): boolean {\n${body}\n}\n`)
    return name
  }

  #pattern(pattern: string): string {
    const name = this.#patterns.get(pattern) ?? `PATTERN_${this.#patterns.size}`
    this.#patterns.set(pattern, name)
    return name
  }
}

function number(take: (keyword: string) => unknown, value: string, type: string): string[] {
  const least = take('minimum')
  const most = take('maximum')
  const parts = [
    `typeof ${value} === 'number'`,
    `Number.${type === 'integer' ? 'isSafeInteger' : 'isFinite'}(${value})`,
  ]
  if (least !== undefined) parts.push(`${value} >= ${plain(least)}`)
  if (most !== undefined) parts.push(`${value} <= ${plain(most)}`)
  return parts
}

/** A keyword's value as text; what is neither a string nor a number has no place there. */
function plain(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new Error('a keyword of the schema has a value that the compiler does not know')
}

function definition(name: string): string {
  return `is${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): Schema[] {
  return Array.isArray(value) ? value.filter(isSchema) : []
}

function entriesOf(value: unknown): [string, Schema][] {
  return isSchema(value)
    ? Object.entries(value).filter((entry): entry is [string, Schema] => isSchema(entry[1]))
    : []
}
