/** `secretref secrets history | rollback | rm`: versions of one stored value, without the value. */
import { randomUUID } from 'node:crypto'
import { openAuditLog } from '../audit/log.ts'
import type { Entry } from '../audit/record.ts'
import { upperSnake } from '../config/names.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { actorOf } from '../gateway/actor.ts'
import { counting } from '../gateway/budget.ts'
import { askKeeper } from '../gateway/keep/keeper.ts'
import type { KeepOrder, Kept, KeptVersion } from '../gateway/keep/words.ts'
import { resolveOptions } from '../gateway/options.ts'
import { placeOf } from '../gateway/rotate/gone.ts'
import { placeName } from '../gateway/store-place.ts'
import { HAS_PROC } from '../gateway/surroundings.ts'
import { explainFailure } from '../policy/explain.ts'
import { safeJson } from '../printable.ts'
import { printable, type Io } from './io.ts'
import { openConfig } from './open.ts'
import {
  fateInWords,
  fateOf,
  requireNoRotation,
  type Rotations,
  rotationsAt,
  toUndo,
  type Wanted,
} from './secrets-back.ts'
import { undroppedWords } from '../gateway/keep/places.ts'
import { checkName, keptIn, storedAt, type StoredAt } from './secrets-place.ts'
import { rotationRollback } from './secrets-rotation.ts'
import { table } from './table.ts'

export interface VersionsOptions {
  config?: string
  environment?: string
  secretsProvider?: string
}

interface Stored extends StoredAt {
  ref: string
  /** The config's path, by which calls are counted. */
  config: string
  /** The name of its place. */
  place: string
  order: Omit<KeepOrder, 'action'>
  about: Omit<Entry, 'event'>
}

/** Prints the versions that its store keeps, newest first. */
export async function secretsHistory(
  io: Io,
  ref: string,
  options: VersionsOptions & { json?: true },
): Promise<number> {
  refuseInside(io, 'an agent may not ask for versions of what is stored')
  const stored = await find(io, ref, options)
  const kept = await ask(io, stored, { kind: 'history' })
  const versions = kept.type === 'history' ? kept.versions.toReversed() : []
  const rotations = rotationsOf(io, stored)
  if (options.json) {
    const provider = stored.step.provider
    const told = versions.map((one) => ({ ...one, ...fateOf(rotations, one) }))
    io.out(`${safeJson({ version: 1, ref, provider, versions: told })}\n`)
    return 0
  }
  const rows = versions.map((one) => row(one, fateInWords(fateOf(rotations, one))))
  io.out(table([['VERSION', '', 'STORED', 'ENDS'], ...rows]))
  return 0
}

function rotationsOf({ home }: Io, { ref, config, environment, step, place }: Stored): Rotations {
  return rotationsAt(home, { config, environment, ref }, placeOf({ step }), place)
}

export interface Current {
  /** Left out where none is: there is only a pending one. */
  current?: KeptVersion
  /** How many versions are kept. */
  count: number
}

/** Types of providers that may keep versions. */
const VERSIONED: ReadonlySet<string> = new Set(['store', 'vault', 'aws-secrets-manager', 'aws-ssm'])

/**
 * What the first provider of a ref says of its value as it is now.
 *
 * @returns `undefined` where it keeps no versions
 * @throws SecretRefError where it does not say
 */
export async function askCurrent(
  io: Io,
  loaded: LoadedConfig,
  ref: string,
  environment: string,
): Promise<Current | undefined> {
  const stored = locate(io, loaded, ref, { environment })
  const { type, options } = stored.provider
  if (!VERSIONED.has(type) || options['engine'] === 'dynamic' || options['kv'] === 1) {
    return undefined
  }
  const { version: _pinned, ...at } = stored.order.at
  const whole = { ...stored, order: { ...stored.order, at } }
  const kept = await ask(io, whole, { kind: 'history' })
  if (kept.type !== 'history') throw silent(io)
  const current = kept.versions.find(({ stages }) => stages.includes('current'))
  return { count: kept.versions.length, ...(current && { current }) }
}

function row({ version, stages, createdAt, expiresAt }: KeptVersion, fate: string): string[] {
  const states = [...stages, fate].filter((word) => word !== '')
  return [version, states.join(', '), second(createdAt), second(expiresAt)]
}

function second(time: string | undefined): string {
  return time === undefined ? '-' : `${time.slice(0, 19)}Z`
}

/** Makes an older version the current one: the previous, or `to`. */
export async function secretsRollback(
  io: Io,
  ref: string,
  options: VersionsOptions & { to?: string; yes?: true },
): Promise<number> {
  refuseInside(io)
  const stored = await find(io, ref, options)
  const { to } = options
  if (options.yes !== true) {
    const rotations = rotationsOf(io, stored)
    const known = rotations.open !== undefined || rotations.ended.size > 0
    // Which one is the one before, the store alone knows: others may have been set meanwhile.
    const wanted = to === undefined && known ? await versionsNow(io, stored) : { to }
    if (toUndo(rotations, ref, wanted) !== undefined) return rotationRollback(io, ref, options)
  }
  const kept = await changed(io, stored, {
    kind: 'rollback',
    ...(to === undefined ? {} : { to }),
  })
  const from = kept.from === undefined || kept.from === kept.to ? '' : ` (was ${kept.from})`
  const held = kept.of === undefined ? '' : `, with what version ${kept.of} held`
  io.err(`${printable(`${ref}: version ${kept.to ?? '?'} is current${held}${from}`)}\n`)
  return 0
}

async function versionsNow(io: Io, stored: Stored): Promise<Wanted> {
  const kept = await ask(io, stored, { kind: 'history' })
  if (kept.type !== 'history') throw silent(io)
  const at = (stage: 'current' | 'previous'): string | undefined =>
    kept.versions.find(({ stages }) => stages.includes(stage))?.version
  return { current: at('current'), previous: at('previous') }
}

/** Removes a name with all of its versions. */
export async function secretsRemove(
  io: Io,
  ref: string,
  options: VersionsOptions & { yes?: true },
): Promise<number> {
  refuseInside(io)
  const stored = await find(io, ref, options)
  if (!options.yes) {
    throw new SecretRefError('USAGE', `${ref} was not removed`, {
      hint: `\`${io.program} secrets rm ${ref} --yes\` removes it with all of its versions; nobody can bring it back`,
    })
  }
  requireNoRotation(rotationsOf(io, stored))
  await changed(io, stored, { kind: 'remove' })
  io.err(`${printable(`${ref}: removed from ${stored.step.provider}, with all of its versions`)}\n`)
  return 0
}

function refuseInside(io: Io, sentence = 'an agent may not change what is stored'): void {
  if (!io.env['SECRETREF_RUN']) return
  throw new SecretRefError('AGENT_NOT_ALLOWED', sentence, {
    scope: 'agent',
    hint: 'do it outside of a run',
  })
}

async function find(io: Io, ref: string, options: VersionsOptions): Promise<Stored> {
  checkName(io, ref)
  const loaded = await openConfig(io, options, { trusted: true })
  return locate(io, loaded, ref, options)
}

function locate(
  io: Io,
  loaded: LoadedConfig,
  ref: string,
  options: { environment?: string; secretsProvider?: string },
): Stored {
  const at = storedAt(io, loaded, ref, options)
  const kept = keptIn(io, loaded)
  const { step, provider, environment } = at
  return {
    ...at,
    ref,
    config: loaded.path,
    place: placeName({ home: io.home, env: io.env, loaded }, provider, step.at),
    order: {
      v: 1,
      provider: step.provider,
      type: provider.type,
      options: resolveOptions(provider, loaded.dir, io.home, io.env),
      at: step.at,
      ...(HAS_PROC ? { gatewayPid: process.pid } : {}),
      ...(kept === undefined ? {} : { kept }),
    },
    about: {
      actor: actorOf(),
      ref,
      provider: step.provider,
      environment,
      config: loaded.hash,
      detail: { operation: randomUUID() },
    },
  }
}

type Changed = Extract<Kept, { type: 'changed' }>

/** On record before it is tried, and after. */
async function changed(io: Io, stored: Stored, action: KeepOrder['action']): Promise<Changed> {
  const { about } = stored
  const detail = { ...about.detail, action: action.kind }
  const log = openAuditLog(io.home, { now: () => io.now() })
  try {
    await log.append([{ event: 'secret.intent', ...about, detail }])
    try {
      const kept = await ask(io, stored, action)
      if (kept.type !== 'changed') throw silent(io)
      const version = kept.to ?? kept.from
      const secret = version === undefined ? {} : { secret: { version } }
      const event = action.kind === 'remove' ? 'secret.removed' : 'secret.written'
      await log.append([{ event, ...about, detail, ...secret }])
      if (kept.undropped) {
        const [sentence, hint] = undroppedWords(io, stored.ref)
        io.err(`${io.program}: ${printable(sentence)}\nhint: ${printable(hint)}\n`)
      }
      return kept
    } catch (error) {
      if (error instanceof SecretRefError && !error.code.startsWith('AUDIT_')) {
        await log.append([{ event: 'secret.failed', ...about, detail, code: error.code }])
      }
      throw error
    }
  } finally {
    await log.close()
  }
}

async function ask(
  io: Io,
  { ref, order, step, provider, config }: Stored,
  action: KeepOrder['action'],
): Promise<Exclude<Kept, { type: 'failed' }>> {
  const counted = { home: io.home, config, provider: step.provider, now: () => io.now() }
  const kept = await counting(
    { ...counted, configured: provider },
    (calls) => askKeeper({ ...order, action, ...(calls === undefined ? {} : { calls }) }),
    (answer) => answer?.spent,
  )
  if (kept === undefined) throw silent(io)
  if (kept.type !== 'failed') return kept
  const { what, code, reason, place } = kept
  if (what === 'unsupported') {
    throw new SecretRefError(code, `provider "${step.provider}" keeps no versions`, {
      scope: 'provider',
      hint: `a provider of type store does; "${step.provider}" is of type ${provider.type}`,
    })
  }
  if (what === 'nothing') {
    throw new SecretRefError(code, `there is no such version of "${ref}" to go back to`, {
      scope: 'ref',
      hint: `\`${io.program} secrets history ${ref}\` lists those there are`,
    })
  }
  if (what === 'conflict') {
    throw new SecretRefError(code, `somebody else changed "${ref}" at the same moment`, {
      scope: 'provider',
      hint: 'look at its history, then run it again',
    })
  }
  const failed = { ref, envVar: upperSnake(ref), code, reason, place }
  const about = { provider: step.provider, providerType: provider.type }
  const { message, hint } = explainFailure({ ...failed, ...about })
  throw new SecretRefError(code, message, { scope: 'provider', hint })
}

function silent(io: Io): SecretRefError {
  return new SecretRefError(
    'PROVIDER_INVALID',
    'the process that keeps versions ended without an answer',
    {
      scope: 'provider',
      hint: `\`${io.program} doctor\` checks the surroundings`,
    },
  )
}
