/** A ref in a store, a driver, and what is needed to rotate it as often as a test likes. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Location, Provider, Session } from '../../../src/values/providers/contract.ts'
import { provider as store } from '../../../src/values/providers/store.ts'
import { drive } from '../../../src/gateway/rotate/engine.ts'
import { Rotator } from '../../../src/gateway/rotate/rotator.ts'
import type { Outside, RotationOrder } from '../../../src/gateway/rotate/words.ts'
import { beginRotation, openJournal } from '../../../src/rotation/journal.ts'
import { takeHold } from '../../../src/rotation/lock.ts'
import type { Action, DriverClass, Rotation } from '../../../src/rotation/types.ts'
import type { Home } from '../../../src/state/home.ts'
import { issuerProgram } from '../../fakes/issuer-program.ts'
import { newIssuer, type IssuerState } from '../../fakes/issuer.ts'
import { tempHome } from '../../state/folder.ts'

const KEY = { config: '/c', environment: 'default', ref: 'key' }
const AT = { path: 'key' }

export interface StageDriver {
  type: string
  class: DriverClass
  /** Left out for `exec`, which gets the fake issuer. */
  options?: Readonly<Record<string, unknown>>
}

/** Where the ref lies; left out: at `key` in an encrypted store of its own. */
export interface Place {
  provider: Provider
  options: Readonly<Record<string, unknown>>
  at: Location
  /** The gateway's variables, of which the provider sees those that it names. */
  env?: Readonly<Record<string, string>>
}

export interface Kill {
  action: Outside
  /** Before it was asked for, or when it was done and nobody heard of it. */
  when: 'before' | 'after'
}

export class Stage {
  readonly home: Home
  readonly session: Session
  readonly #order: RotationOrder
  readonly #issuer: string
  readonly class: DriverClass
  readonly at: Location
  /** An hour passes between two attempts: no pause is waited for. */
  #hours = 0

  private constructor(home: Home, session: Session, order: RotationOrder, issuer: string) {
    this.home = home
    this.session = session
    this.#order = order
    this.#issuer = issuer
    this.class = order.rotation.class
    this.at = order.at
  }

  static async make(driver: StageDriver, value: string, place?: Place): Promise<Stage> {
    const home = tempHome()
    mkdirSync(home.dir, { mode: 0o700, recursive: true })
    const own: Place = { provider: store, options: home.store, at: AT }
    const { provider, options, at, env = {} } = place ?? own
    const session = await provider.open(options, {
      name: provider.spec.type,
      signal: new AbortController().signal,
      now: () => new Date(),
      spend: () => true,
      env: new Map(Object.entries(env).map(([name, text]) => [name, Buffer.from(text)])),
    })
    const put = { expect: 'absent', operation: 'first' } as const
    const first = await session.put?.(at, Buffer.from(value), put)
    if (first?.kind !== 'written') throw new Error('the first value was not written')
    const issuer = join(home.dir, 'issuer.json')
    const program = join(home.dir, 'issuer')
    writeFileSync(issuer, JSON.stringify(newIssuer(driver.class, value)), { mode: 0o600 })
    writeFileSync(program, issuerProgram(issuer))
    chmodSync(program, 0o700)
    const ofDriver =
      driver.options ?? (driver.type === 'exec' ? { class: driver.class, command: program } : {})
    const gatewayPid = Object.keys(env).length === 0 ? undefined : processWith(env)
    const order: RotationOrder = {
      v: 1,
      rotation: { id: '', class: driver.class },
      driver: { type: driver.type, options: ofDriver },
      provider: provider.spec.type,
      type: provider.spec.type,
      options,
      at,
      givenUp: [],
      from: first.version,
      staging: { path: join(home.dir, 'rotations.age'), identity: join(home.keys, 'rotation.key') },
      fingerprintKey: home.fingerprintKey,
      ...(gatewayPid === undefined ? {} : { gatewayPid }),
    }
    return new Stage(home, session, order, issuer)
  }

  get order(): RotationOrder {
    return this.#order
  }

  get issuer(): IssuerState {
    const state: IssuerState = JSON.parse(readFileSync(this.#issuer, 'utf8'))
    return state
  }

  set issuer(state: IssuerState) {
    writeFileSync(this.#issuer, JSON.stringify(state), { mode: 0o600 })
  }

  async current(): Promise<{ value: string; version: string | undefined }> {
    const [outcome] = await this.session.get([this.at])
    if (outcome?.kind !== 'value') throw new Error('nothing is there')
    return { value: outcome.value.toString(), version: outcome.meta.version }
  }

  /** One process works at it until it stops, or is killed. @returns what is durable then, and what went well */
  async attempt(kill?: Kill): Promise<{ rotation: Rotation; did: Action[] }> {
    const db = openJournal(this.home)
    const hold = takeHold(db, KEY, { pid: process.pid, started: '1' }, () => false)
    if ('heldBy' in hold) throw new Error('held')
    const hours = (this.#hours += 1)
    this.issuer = { ...this.issuer, clock: 60 * hours }
    const now = (): Date => new Date(Date.now() + hours * 3_600_000)
    const begun = beginRotation(
      db,
      hold,
      { class: this.class, driver: this.#order.driver.type, place: '', from: this.#order.from },
      now(),
    )
    const rotator = new Rotator({
      ...this.#order,
      rotation: { id: begun.id, class: this.class },
    })
    const did: Action[] = []
    const outside = async (action: Outside, { open }: Rotation): ReturnType<Rotator['does']> => {
      if (action !== kill?.action) return rotator.does(action, open)
      if (kill.when === 'after') await rotator.does(action, open)
      rotator.kill()
      throw new Killed()
    }
    try {
      const rotation = await drive(
        {
          db,
          hold,
          now,
          outside,
          distribute: async () => 'ok',
          mustWait: () => false,
          record: async (_, { action, result }) => {
            if (result === 'ok') did.push(action)
          },
          signal: new AbortController().signal,
        },
        begun,
      )
      return { rotation, did }
    } catch (error) {
      // The gateway died with its rotator: what it would have written is not written.
      if (!(error instanceof Killed)) throw error
      return { rotation: begun, did }
    } finally {
      rotator.dismiss()
      db.close()
    }
  }
}

/** The rotator reads the gateway's variables where the kernel keeps those it was started with. */
function processWith(env: Readonly<Record<string, string>>): number {
  const child = spawn('/bin/sleep', ['600'], { env, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.pid === undefined) throw new Error('sleep did not start')
  return child.pid
}

class Killed extends Error {}
