/** What every `secretref store …` needs: the store that is meant, its process, and the record of it. */
import { randomUUID } from 'node:crypto'
import { openAuditLog } from '../audit/log.ts'
import type { Entry } from '../audit/record.ts'
import { providersOf } from '../config/accessors.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError, type Code } from '../errors.ts'
import { actorOf } from '../gateway/actor.ts'
import { endLike } from '../gateway/ending.ts'
import { startLocksmith } from '../gateway/input/locksmith.ts'
import type { Cancelling } from '../gateway/input/set-words.ts'
import type { StoreAction, StoreOrder, StoreReport } from '../gateway/input/store-words.ts'
import { resolveOptions } from '../gateway/options.ts'
import { HAS_PROC } from '../gateway/surroundings.ts'
import { settleEnvironment } from '../plan/environment.ts'
import { entered } from './entering.ts'
import type { Io } from './io.ts'
import { openConfig } from './open.ts'
import { storeError } from './store-words.ts'

export interface StoreOptions {
  config?: string
  provider?: string
}

/** The store that a command means. */
export interface Store {
  provider: string
  options: Readonly<Record<string, unknown>>
  /** Left out where there is no config: the default store is meant. */
  loaded?: LoadedConfig
}

export type Done = Exclude<StoreReport, { type: 'failed' } | { type: 'refused' }>

/** @throws {SecretRefError} USAGE where the config has several stores, or none by that name */
export async function findStore(io: Io, options: StoreOptions): Promise<Store> {
  const loaded = await configIfAny(io, options)
  if (loaded === undefined) {
    const { path, identity } = io.home.store
    return { provider: 'store', options: { path, identity } }
  }
  const stores = [...providersOf(loaded.config)].filter(([, { type }]) => type === 'store')
  const written = stores.filter(([name]) => loaded.config.secrets?.providers?.[name] !== undefined)
  const [first, second] = written.length > 0 ? written : stores
  const chosen =
    options.provider === undefined
      ? second === undefined
        ? first
        : undefined
      : stores.find(([name]) => name === options.provider)
  if (chosen === undefined) {
    const names = stores.map(([name]) => name).join(', ')
    throw new SecretRefError(
      'USAGE',
      options.provider === undefined
        ? 'the config has several stores'
        : 'the config has no store of that name',
      { hint: `name one with --provider: ${names}` },
    )
  }
  const [provider, config] = chosen
  return { provider, options: resolveOptions(config, loaded.dir, io.home, io.env), loaded }
}

async function configIfAny(io: Io, options: StoreOptions): Promise<LoadedConfig | undefined> {
  try {
    return await openConfig(io, options, { trusted: true })
  } catch (error) {
    const none = error instanceof SecretRefError && error.code === 'CONFIG_NOT_FOUND'
    if (none && options.config === undefined && options.provider === undefined) return undefined
    throw error
  }
}

/** An agent may read what it was given, and change nothing. */
export function refuseInside(io: Io): void {
  if (!io.env['SECRETREF_RUN']) return
  throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not change the store', {
    scope: 'agent',
    hint: 'do it outside of a run',
  })
}

/** Without a record: nothing is changed by it. */
export async function askStore(io: Io, store: Store, action: StoreAction): Promise<Done> {
  try {
    return await send(io, store, action, randomUUID())
  } catch (error) {
    throw error instanceof Cancelled ? ended(error) : error
  }
}

/**
 * On record before it is tried, and after.
 *
 * @param tell says it to the user first: should the log fail then, it must not stay unsaid
 */
export async function changeStore(
  io: Io,
  store: Store,
  action: StoreAction,
  tell: (done: Done) => void,
): Promise<Done> {
  try {
    return await changing(io, store, action, tell)
  } catch (error) {
    throw error instanceof Cancelled ? ended(error) : error
  }
}

/** By the signal that ended the prompt; without one nothing is to be imitated. */
function ended({ signal }: Cancelled): SecretRefError {
  if (signal !== undefined) endLike({ signal })
  return new SecretRefError('USAGE', 'nothing was changed: it was cancelled', {})
}

/** Nothing was changed. */
class Cancelled extends Error {
  readonly signal: Cancelling | undefined
  constructor(signal: Cancelling | undefined) {
    super('cancelled')
    this.signal = signal
  }
}

function codeOf(error: unknown): { code: Code } | undefined {
  return error instanceof SecretRefError ? { code: error.code } : undefined
}

async function changing(
  io: Io,
  store: Store,
  action: StoreAction,
  tell: (done: Done) => void,
): Promise<Done> {
  const operation = randomUUID()
  const { loaded, provider } = store
  const detail = {
    operation,
    action: `store-${action.kind}`,
    ...(action.kind === 'add' || action.kind === 'remove' ? { recipient: action.recipient } : {}),
    ...(action.kind === 'import' ? { file: action.path } : {}),
    ...(action.kind === 'rekey' && action.to !== undefined ? { key: action.to } : {}),
  }
  const about: Omit<Entry, 'event'> = {
    actor: actorOf(),
    provider,
    ...(loaded === undefined
      ? {}
      : { environment: settleEnvironment(loaded.config, undefined).name, config: loaded.hash }),
    detail,
  }
  const log = openAuditLog(io.home, { now: () => io.now() })
  try {
    await log.append([{ event: 'secret.intent', ...about }])
    let done: Done
    try {
      done = await send(io, store, action, operation)
    } catch (error) {
      const fields = error instanceof Cancelled ? { reason: 'cancelled' } : codeOf(error)
      if (fields !== undefined) await log.append([{ event: 'secret.failed', ...about, ...fields }])
      throw error
    }
    tell(done)
    await log.append(entriesOf(about, done))
    return done
  } finally {
    await log.close()
  }
}

function entriesOf(about: Omit<Entry, 'event'>, done: Done): Entry[] {
  if (done.type !== 'imported') {
    const recipients = done.own.length + done.others.length
    return [{ event: 'secret.written', ...about, detail: { ...about.detail, recipients } }]
  }
  const { items, there, searched, left } = done
  const whole = { ...about.detail, moved: items.length, removed: there, searched, left }
  return [
    ...items.map(({ name, version, fingerprint }) =>
      Object.assign(
        { ...about },
        {
          event: 'secret.written' as const,
          ref: name,
          secret: { version, fingerprint },
        },
      ),
    ),
    { event: there ? 'secret.removed' : 'secret.written', ...about, detail: whole },
  ]
}

async function send(
  io: Io,
  { provider, options }: Store,
  action: StoreAction,
  operation: string,
): Promise<Done> {
  const order: StoreOrder = {
    v: 1,
    options,
    ...(HAS_PROC ? { gatewayPid: process.pid } : {}),
    fingerprintKey: io.home.fingerprintKey,
    operation,
    pasteMarks: Boolean(io.env['TERM']) && io.env['TERM'] !== 'dumb',
    action,
  }
  const { report, signal } = await entered(() => startLocksmith(order))
  if (report?.type === 'cancelled') throw new Cancelled(signal)
  if (report === undefined || report.type === 'failed' || report.type === 'refused') {
    throw storeError(io, { provider, options, action }, report)
  }
  return report
}
