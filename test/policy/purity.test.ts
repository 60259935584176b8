/** Plan, policy and targets could be dumped to a public page: they touch nothing but their arguments. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../../src')
const PURE = ['plan', 'policy', 'targets']
/** Computes with strings alone. */
const PURE_MODULES = ['node:path']

interface Import {
  from: string
  typeOnly: boolean
}

/** Static and dynamic imports, re-exports and `require`. */
function importsOf(source: string): Import[] {
  const found: Import[] = []
  for (const match of source.matchAll(
    /\b(import|export)\s+(type\s)?[^'"`;]*?from\s*['"]([^'"]+)['"]/g,
  )) {
    found.push({ from: match[3] ?? '', typeOnly: match[2] !== undefined })
  }
  for (const match of source.matchAll(/\bimport\s*['"]([^'"]+)['"]/g)) {
    found.push({ from: match[1] ?? '', typeOnly: false })
  }
  for (const match of source.matchAll(/\b(?:import|require)\s*\(\s*([^)]*)\)/g)) {
    found.push({ from: (match[1] ?? '').replace(/['"`]/g, '').trim(), typeOnly: false })
  }
  return found
}

const files = PURE.flatMap((folder) =>
  readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
)
const read = (file: string): string => readFileSync(join(SRC, file), 'utf8')

test('there is something to look at', () => {
  expect(files).toEqual(expect.arrayContaining(['plan/plan.ts', 'policy/decide.ts']))
  const sample = `import a from 'x'\nimport type { B } from "y"\nexport * from 'z'\nimport 'w'\nawait import('v')\nrequire("u")`
  expect(importsOf(sample)).toEqual([
    { from: 'x', typeOnly: false },
    { from: 'y', typeOnly: true },
    { from: 'z', typeOnly: false },
    { from: 'w', typeOnly: false },
    { from: 'v', typeOnly: false },
    { from: 'u', typeOnly: false },
  ])
})

/** Every module that a file loads when it runs, through all the others, with how it got there. */
function loadedBy(
  file: string,
  seen = new Map<string, string>(),
  from = file,
): Map<string, string> {
  if (seen.has(file)) return seen
  seen.set(file, from)
  for (const { from: name, typeOnly } of importsOf(read(file))) {
    if (typeOnly) continue
    if (name.startsWith('.')) loadedBy(relative(SRC, resolve(SRC, dirname(file), name)), seen, file)
    else seen.set(name, file)
  }
  return seen
}

describe.each(files)('%s', (file) => {
  const imports = importsOf(read(file))
  const local = imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from, typeOnly }) => ({
      to: relative(SRC, resolve(SRC, dirname(file), from)),
      typeOnly,
    }))

  test('imports nothing that does input or output, not even through others', () => {
    for (const [name, importer] of loadedBy(file)) {
      // The catalogue's data, which is text.
      if (name.endsWith('.ts') || /^targets\/data\/[a-z-]+\.json$/.test(name)) continue
      expect(PURE_MODULES, `${name}, imported by ${importer}`).toContain(name)
    }
  })

  test('imports nothing from the wings around it', () => {
    for (const { to, typeOnly } of local) {
      const [wing = ''] = to.split('/')
      if (to === 'gateway/sheet.ts') expect(typeOnly).toBe(true)
      else
        expect(['plan', 'policy', 'targets', 'config', 'errors.ts', 'shell-word.ts']).toContain(
          wing,
        )
    }
  })

  test('asks neither the clock nor the process nor chance', () => {
    expect(read(file)).not.toMatch(
      /\bprocess\.|\bDate\.now\b|new Date\(\)|Math\.random|\bfetch\(|globalThis|console\./,
    )
  })
})
