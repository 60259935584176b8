/** `secrets list` and `secrets describe`: what the config says and what happened, and never a value. */
import { describe, expect, test } from 'vitest'
import { makeWorld, run, type Ended, type World } from '../process/support.ts'

const VALUE = ['fake', 'value', 'Lq7wZ2'].join('-')

/** With the world's config. */
const ask = (w: World, args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  run(w, args, { env: { SECRETREF_CONFIG: w.config, ...env } })

/** One ref that two environments place, one that nobody is bound to. */
function twoEnvironments(): World {
  const w = makeWorld()
  w.writeConfig({
    openclaw: { gateway: { environment: 'production' } },
    secrets: { providers: { store: {}, near: { type: 'file', path: w.secrets } } },
    environments: {
      production: { secrets: { 'a-key': { provider: 'store' }, 'b-key': { provider: 'store' } } },
      development: { secrets: { 'a-key': { provider: 'near', target: 'dev_a' } } },
    },
    agents: { one: { 'tool-bindings': { t: { credentials: { key: { secretRef: 'a-key' } } } } } },
  })
  w.writeSecrets({ dev_a: { value: VALUE } })
  return w
}

describe('secrets list', () => {
  test('shows each ref of the environment, who is bound to it, and that nothing happened yet', async () => {
    const w = twoEnvironments()
    const { code, out } = await ask(w, ['secrets', 'list'])
    expect(code).toBe(0)
    expect(out).toMatch(
      /^a-key +store +"a-key" in \/.*\/store\.age +production +one +never injected$/m,
    )
    expect(out).toMatch(
      /^b-key +store +"b-key" in \/.*\/store\.age +production +- +bound to nobody$/m,
    )
    const bound = await ask(w, ['secrets', 'list', '--agent', 'one', '--json'])
    expect(JSON.parse(bound.out)).toMatchObject({ version: 1, refs: [{ ref: 'a-key' }] })
    expect(bound.out).not.toContain('b-key')
  })

  test('--environment is stronger than SECRETREF_ENVIRONMENT, and that than the config', async () => {
    const w = twoEnvironments()
    const variable = { SECRETREF_ENVIRONMENT: 'development' }
    const byVariable = await ask(w, ['secrets', 'list'], variable)
    expect(byVariable.out).toMatch(/^a-key +near +key "dev_a" of .* development +one/m)
    expect(byVariable.out).not.toContain('b-key')
    const byFlag = await ask(w, ['secrets', 'list', '--environment', 'production'], variable)
    expect(byFlag.out).toContain('b-key')
    const unknown = await ask(w, ['secrets', 'list', '--environment', 'prodution'])
    expect(unknown).toMatchObject({ code: 1, out: '' })
    expect(unknown.err).toContain('[ENVIRONMENT_UNKNOWN]')
  })
})

describe('secrets describe', () => {
  test('tells places of every environment, and after a run what was received, without the value', async () => {
    const w = twoEnvironments()
    const how = ['run', '--environment', 'development', '--', 'true']
    expect(await ask(w, how)).toMatchObject({ code: 0 })
    const { code, out, err } = await ask(w, ['secrets', 'describe', 'a-key'])
    expect(code).toBe(0)
    expect(out).toContain('"a-key" in environment production\n  provider 1  store: "a-key" in ')
    expect(out).toContain(`provider 1  near: key "dev_a" of ${w.secrets}`)
    expect(out).toContain('as A_KEY: may receive it; never injected')
    expect(out).toMatch(/last +injected at .*, fingerprint hmac-sha256:[0-9a-f]{32}$/m)
    expect(out).toMatch(/grant\.delivered +one +a-key/)
    const json = await ask(w, ['secrets', 'describe', 'a-key', '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ version: 1, ref: 'a-key' })
    expect(out + err + json.out + json.err).not.toContain(VALUE)
  })

  test('a name that the config does not know is an error that names the near one', async () => {
    const { code, out, err } = await ask(twoEnvironments(), ['secrets', 'describe', 'a-kye'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('[REF_UNKNOWN]\nhint: did you mean "a-key"?')
  })
})
