/** A world whose one ref is rotated by a program: an issuer that a test can look into. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { DriverClass } from '../../src/rotation/types.ts'
import { issuerProgram } from '../fakes/issuer-program.ts'
import { newIssuer, type IssuerState } from '../fakes/issuer.ts'
import { makeWorld, run, type Ended, type RunOptions, type World } from './support.ts'

export const REF = 'api-key'
export const FIRST = ['fake', 'first', 'value'].join('-')

export interface Rotating {
  world: World
  issuer: IssuerState
  secretref(words: readonly string[], options?: RunOptions): Promise<Ended>
}

/**
 * @param rule beside the driver, in the ref's `rotate`
 * @param agent further fields of the agent `a`
 */
export async function rotating(
  kind: DriverClass,
  rule: object = {},
  agent: object = {},
): Promise<Rotating> {
  const world = makeWorld()
  const first = kind === 'slots' ? `user1:${FIRST}` : FIRST
  const state = world.write('issuer.json', JSON.stringify(newIssuer(kind, first)))
  const command = world.write('bin/issuer', issuerProgram(state), 0o700)
  world.writeConfig({
    secrets: { providers: { store: {} } },
    agents: {
      a: {
        'tool-bindings': { t: { required: true, credentials: { c: { secretRef: REF } } } },
        ...agent,
      },
    },
    openclaw: {
      gateway: {
        secrets: {
          refMap: {
            [REF]: { provider: 'store', rotate: { driver: 'exec', class: kind, command, ...rule } },
          },
        },
      },
    },
  })
  const one: Rotating = {
    world,
    get issuer(): IssuerState {
      const found: IssuerState = JSON.parse(readFileSync(state, 'utf8'))
      return found
    },
    set issuer(next) {
      writeFileSync(state, JSON.stringify(next), { mode: 0o600 })
    },
    secretref: ([group = '', name = '', ...words], options) =>
      run(world, [group, name, ...words, '--config', world.config], {
        timeoutMs: 60_000,
        ...options,
      }),
  }
  const { home } = world
  const made = stores.get(first)
  if (made !== undefined) {
    mkdirSync(home.keys, { mode: 0o700, recursive: true })
    for (const name of STORE) cpSync(join(made, name), join(home.dir, name))
    return one
  }
  await one.secretref(['store', 'init'])
  const { code, err } = await one.secretref(['secrets', 'set', REF], { stdin: Buffer.from(first) })
  if (code !== 0) throw new Error(err)
  const kept = mkdtempSync(join(tmpdir(), 'secretref-rotating-'))
  for (const name of STORE) cpSync(join(home.dir, name), join(kept, name))
  stores.set(first, kept)
  return one
}

/** Its config has another environment, which inherits all that the first one has. */
export function inStaging({ world }: Rotating): void {
  const config: object = JSON.parse(readFileSync(world.config, 'utf8'))
  world.writeConfig({ ...config, environments: { staging: { inherit: true } } })
}

/** The first world's store and its key, by the value in it: those that come after need not make theirs. */
const stores = new Map<string, string>()
const STORE = ['store.age', 'keys/store.key'] as const
afterAll(() => {
  for (const dir of stores.values()) rmSync(dir, { recursive: true, force: true })
})
