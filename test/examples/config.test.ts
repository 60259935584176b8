import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXAMPLES } from './surroundings.ts'

/** As it is, and in the order in which it is written. */
const configIn = (file: string): Config => {
  const config: Config = JSON.parse(readFileSync(file, 'utf8'))
  return config
}
interface Config {
  alerts?: unknown
  agents: Record<string, { command?: unknown; inheritEnv?: unknown }>
  openclaw: { gateway: { secrets: { refMap: Record<string, unknown> } } }
}

test('the payment analyst’s config is the article’s 3.2, but for what starts it and its alerts', () => {
  const article = configIn(join(import.meta.dirname, '..', 'fixtures', 'article', '3.2.json'))
  const { alerts, ...example } = configIn(join(EXAMPLES, 'payment-analyst', 'secretref.json'))
  const ref = 'alerts-slack-token'
  expect(alerts).toEqual({ slack: { token: { secretRef: ref }, channel: '#finance-alerts' } })
  const analyst = example.agents['payment-analyst']
  const { refMap } = example.openclaw.gateway.secrets
  expect(refMap).toHaveProperty(ref)
  delete refMap[ref]
  delete analyst?.command
  delete analyst?.inheritEnv
  expect(JSON.stringify(example)).toBe(JSON.stringify(article))
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
