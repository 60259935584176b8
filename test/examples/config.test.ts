import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXAMPLES } from './surroundings.ts'

const linesOf = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

test('the payment analyst’s config is the article’s 3.2, line by line, but for what starts it', () => {
  const article = linesOf(join(import.meta.dirname, '..', 'fixtures', 'article', '3.2.json'))
  const example = linesOf(join(EXAMPLES, 'payment-analyst', 'secretref.json'))
  const added = example.filter((line) => /^"(?:command|inheritEnv)":/.test(line))
  expect(added.length).toBe(2)
  expect(example.filter((line) => !added.includes(line))).toEqual(article)
})

test.each(['payment-analyst', 'three-agents'])('%s: every credential is a reference', (name) => {
  const text = readFileSync(join(EXAMPLES, name, 'secretref.json'), 'utf8')
  const credentials: unknown[] = []
  JSON.parse(text, (key, value: unknown) => {
    if (key === 'credentials' && typeof value === 'object' && value !== null)
      credentials.push(...Object.values(value))
    return value
  })
  expect(credentials.length).toBeGreaterThan(0)
  for (const one of credentials)
    expect(one).toEqual({ secretRef: expect.any(String), envVar: expect.any(String) })
})
