/** The wall between the two wings: only src/values may touch a value, and nobody else may touch it. */
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importsIn, importsOf, sourcesIn, type Import } from './modules.ts'

const SRC = join(import.meta.dirname, '..', 'src')
const SOURCES = sourcesIn(SRC)

const isValueWing = (name: string): boolean => name.startsWith('values/')

/** The file that an import of `from` means; a package or a built-in keeps its name. */
function target(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier
}

/** Where an import breaks the wall, `from: what`. */
function breaches(from: string, imports: readonly Import[]): string[] {
  if (isValueWing(from)) return []
  return imports.flatMap(({ specifier }) => {
    if (specifier === undefined) return [`${from}: a computed import`]
    return isValueWing(target(from, specifier)) || /(?:^|\/)values\//.test(specifier)
      ? [`${from}: ${specifier}`]
      : []
  })
}

/**
 * The whole of what the value wing knows of control: words, closed lists and pure functions on names.
 * A line is added here only after a look at what the file does, and at what it imports.
 */
const PURE = new Set([
  'config/dates.ts',
  'config/names.ts',
  'errors.ts',
  'gateway/alert/words.ts',
  'gateway/audit/listing.ts',
  'gateway/input/find-words.ts',
  'gateway/input/set-words.ts',
  'gateway/input/store-words.ts',
  'gateway/keep/words.ts',
  'gateway/rotate/words.ts',
  'gateway/lease/words.ts',
  'gateway/scan/path-text.ts',
  'gateway/scan/words.ts',
  'gateway/sheet.ts',
  'gateway/turns.ts',
  'gateway/verify/words.ts',
  'plan/types.ts',
  'policy/fetched.ts',
  'policy/reasons.ts',
  'rotation/program.ts',
  'rotation/types.ts',
  'targets/another.ts',
  'targets/destination.ts',
  'targets/detect.ts',
  'targets/hosts.ts',
  'targets/literals.ts',
  'targets/patterns.generated.ts',
  'targets/placeholders.ts',
  'targets/types.ts',
])

/** What a file of control needs when it runs. */
function importedBy(from: string): string[] {
  return importsOf(SRC, from)
    .filter(({ typeOnly }) => !typeOnly)
    .map(({ specifier }) => target(from, specifier ?? 'a computed import'))
}

/** The packages that the value wing runs, each in one file alone. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-iam': 'values/rotator/drivers/aws/iam.ts',
  '@aws-sdk/client-secrets-manager': 'values/providers/aws/secret.ts',
  '@aws-sdk/client-ssm': 'values/providers/aws/parameter.ts',
  '@aws-sdk/client-sts': 'values/rotator/drivers/aws/iam.ts',
  '@secretlint/core': 'values/detect/lint.ts',
  '@secretlint/profiler': 'values/detect/lint.ts',
  '@secretlint/secretlint-rule-preset-recommend': 'values/detect/lint.ts',
  '@napi-rs/keyring': 'values/keychain/items.ts',
  '@redis/client': 'values/rotator/drivers/redis/connection.ts',
  'mysql2/promise': 'values/rotator/drivers/mysql/connection.ts',
  pg: 'values/rotator/drivers/postgres/connection.ts',
  'age-encryption': 'values/store/seal.ts',
}

describe('the wall', () => {
  test('nothing outside src/values imports from it, types included', () => {
    expect(SOURCES.filter(isValueWing).length).toBeGreaterThan(20)
    expect(SOURCES.flatMap((name) => breaches(name, importsOf(SRC, name)))).toEqual([])
  })

  test('its path is known in one place, which starts its processes', () => {
    const knowing = SOURCES.filter(
      (name) =>
        !isValueWing(name) &&
        /['"`][^'"`\n]*\bvalues\/[^'"`\n]*['"`]/.test(readFileSync(join(SRC, name), 'utf8')),
    )
    expect(knowing).toEqual(['gateway/value-process.ts'])
  })

  test('src/values imports of control what is pure, and no package but where it is listed', () => {
    const outside = new Set<string>()
    for (const from of SOURCES.filter(isValueWing)) {
      for (const { specifier } of importsOf(SRC, from)) {
        const what = specifier === undefined ? 'a computed import' : target(from, specifier)
        if (PACKAGES[what] === from) continue
        if (!isValueWing(what) && !isBuiltin(what)) outside.add(what)
      }
    }
    expect([...outside].filter((what) => !PURE.has(what))).toEqual([])
    // What is no longer used is taken off the list.
    const used = new Set([...outside, ...[...PURE].flatMap(importedBy)])
    expect([...PURE].filter((what) => !used.has(what))).toEqual([])
  })

  test('what it imports of control imports nothing but the like: no package, no I/O', () => {
    const reached = [...PURE].flatMap(importedBy)
    expect(reached.filter((what) => !PURE.has(what))).toEqual([])
  })
})

describe('a breach is seen', () => {
  const from = 'gateway/some.ts'
  test.each([
    `import { wipe } from '../values/secret/bytes.ts'`,
    `import '../values/secret/bytes.ts'`,
    `import type { Held } from '../values/resolver/fetch.ts'`,
    `import { type Held } from '../values/resolver/fetch.ts'`,
    `import * as all from "../values/secret/bytes.ts"`,
    `export { wipe } from '../values/secret/bytes.ts'`,
    `export type { Held } from '../values/resolver/fetch.ts'`,
    `export * from '../values/secret/bytes.ts'`,
    `const load = () => import('../values/secret/bytes.ts')`,
    'const load = (name: string) => import(`../values/${name}.ts`)',
    'const load = () => import(`../values/secret/bytes.ts`)',
    `type Held = import('../values/resolver/fetch.ts').Held`,
    `import bytes = require('../values/secret/bytes.ts')`,
    `const bytes = require('../values/secret/bytes.ts')`,
    `const bytes = createRequire(import.meta.url)('../values/secret/bytes.ts')`,
    `import { wipe } from './../values/secret/bytes.ts'`,
    `import { wipe } from 'secretref/src/values/secret/bytes.ts'`,
  ])('%s', (text) => {
    expect(breaches(from, importsIn(from, text))).toHaveLength(1)
  })

  test('and what is none is not', () => {
    const text = `import { a } from '../plan/types.ts'
      import { readFileSync } from 'node:fs'
      // import { wipe } from '../values/secret/bytes.ts'
      const words = "import { wipe } from '../values/secret/bytes.ts'"
      export const values = { a, readFileSync, words }`
    expect(breaches(from, importsIn(from, text))).toEqual([])
  })
})
