/** Environments as whole processes: nothing of another is opened, and plaintext in production is on record. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeOnLinux, makeWorld, recordsOf, runAgent, type World } from './support.ts'

const PRODUCTION = ['fake', 'production', 'Tz4kP8'].join('-')
const DEVELOPMENT = ['fake', 'development', 'Wd6nR1'].join('-')

/** One agent, two environments, each with a file of its own; production's stands behind `first`. */
function world(first: string | readonly unknown[], more: object = {}): World {
  const w = makeWorld()
  const path = (name: string): string => join(w.dir, name)
  w.write('production.json', JSON.stringify({ key: PRODUCTION }), 0o600)
  w.write('development.json', JSON.stringify({ key: DEVELOPMENT }), 0o600)
  w.writeConfig({
    secrets: {
      providers: {
        far: { type: 'vault', address: 'http://127.0.0.1:9' },
        near: { type: 'file', path: path('production.json') },
        other: { type: 'file', path: path('development.json') },
      },
    },
    openclaw: { gateway: { environment: 'production' } },
    environments: {
      production: { secrets: { key: { provider: first, ...more } } },
      development: { secrets: { key: { provider: 'other' } } },
    },
    agents: {
      a: { 'tool-bindings': { t: { required: true, credentials: { k: { secretRef: 'key' } } } } },
    },
  })
  return w
}

const SHOW = ['sh', '-c', 'printf %s "$KEY"']

describeOnLinux('production', () => {
  test('plaintext first is refused when the config loads, and nothing is asked', async () => {
    const w = world('near')
    const { code, out, err } = await runAgent(w, SHOW)
    expect({ code, out }).toEqual({ code: 125, out: '' })
    expect(err).toContain('[CONFIG_INVALID]')
    expect(err).toContain('allowPlaintext')
    expect(existsSync(w.home.auditLog) ? recordsOf(w) : []).toEqual([])
  })

  test.each([
    ['allowed in words', 'near', { allowPlaintext: true }, true],
    ['behind one that cannot be reached', ['far', 'near'], {}, false],
  ] as const)('plaintext %s is delivered, and on record', async (_, first, more, known) => {
    const w = world(first, more)
    const env = { VAULT_TOKEN: ['fake', 'token'].join('-') }
    expect(await runAgent(w, SHOW, { env })).toMatchObject({ code: 0, out: PRODUCTION })
    const details = (event: string): unknown =>
      recordsOf(w).find((record) => record.event === event)?.detail
    expect(details('grant.intent')).toEqual(known ? { plaintext: 'production' } : undefined)
    expect(details('grant.released')).toEqual({ plaintext: 'production' })
  })

  test('and development neither needs production’s file nor records its own as such', async () => {
    const w = world(['far', 'near'])
    w.write('production.json', 'no JSON, and open to everybody', 0o666)
    const ended = await runAgent(w, SHOW, { env: { SECRETREF_ENVIRONMENT: 'development' } })
    expect(ended).toMatchObject({ code: 0, out: DEVELOPMENT, err: '' })
    const released = recordsOf(w).find(({ event }) => event === 'grant.released')
    expect(released).toMatchObject({ environment: 'development', provider: 'other' })
    expect(released?.detail).toBeUndefined()
  })
})
