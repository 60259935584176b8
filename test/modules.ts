/** What a source file imports, in every way there is: read from its syntax, types included. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'rolldown/utils'

export interface Import {
  /** `undefined` where it is computed, and nobody can say what it is. */
  specifier: string | undefined
  /** True where nothing of it is left when the types are gone. */
  typeOnly: boolean
}

interface Literal {
  type: string
  value?: unknown
}

function specifierOf(source: Literal | undefined): string | undefined {
  return source?.type === 'Literal' && typeof source.value === 'string' ? source.value : undefined
}

/** @param name decides the language, by its ending */
export function importsIn(name: string, text: string): Import[] {
  const { program, errors } = parseSync(name, text)
  if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`)
  const found: Import[] = []
  const add = (source: Literal | undefined, typeOnly = false): void => {
    found.push({ specifier: specifierOf(source), typeOnly })
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === 'type'),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node.source, node.exportKind === 'type')
    },
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source, true),
    TSImportEqualsDeclaration: (node) => {
      if (node.moduleReference.type === 'TSExternalModuleReference') {
        add(node.moduleReference.expression)
      }
    },
    CallExpression: ({ callee, arguments: [first] }) => {
      const required = callee.type === 'Identifier' && callee.name === 'require'
      const made =
        callee.type === 'CallExpression' &&
        callee.callee.type === 'Identifier' &&
        callee.callee.name === 'createRequire'
      if (required || made) add(first)
    },
  }).visit(program)
  return found
}

/** Every source file below `root`, its path from there, sorted. */
export function sourcesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .toSorted()
}

export function importsOf(root: string, name: string): Import[] {
  return importsIn(name, readFileSync(join(root, name), 'utf8'))
}
