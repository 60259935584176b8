/** The catalogue is half a megabyte: a run that needs none of it must not load it. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '../../src')
const HEAVY = /^targets\/(?:catalogue|lookup|detect|patterns\.generated)\.ts$|\.json$/

const STATIC = /^(?:import|export)\s(?!type\s)(?:[\w\s{},*$]*?\sfrom\s)?'(\.[^']+)'/gm

/** What is loaded with a module at once: imports on use (`import(…)`) and types are left out. */
function loadedWith(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name) || name.endsWith('.json')) return seen.add(name)
  seen.add(name)
  const text = readFileSync(join(SRC, name), 'utf8')
  for (const [, from = ''] of text.matchAll(STATIC)) {
    loadedWith(posix.join(posix.dirname(name), from), seen)
  }
  return seen
}

test.each([
  'cli/main.ts',
  'cli/program.ts',
  'cli/run.ts',
  'cli/gateway-run.ts',
  'gateway/start.ts',
  'plan/plan.ts',
  'values/resolver/main.ts',
  'values/setter/main.ts',
])('%s does not load it', (entry) => {
  const loaded = loadedWith(entry)
  expect(loaded.size).toBeGreaterThan(1)
  expect([...loaded].filter((name) => HEAVY.test(name))).toEqual([])
})

test('what shows it does, and a run infers targets without it', () => {
  expect([...loadedWith('plan/plan.ts')]).toContain('targets/infer.ts')
  expect([...loadedWith('targets/catalogue.ts')].some((name) => HEAVY.test(name))).toBe(true)
})
