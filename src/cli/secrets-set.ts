/**
 * `secretref secrets set NAME`: stores a value where the config resolves the ref. The value is read by
 * a process of the value wing, from the stdin that is handed on to it; this one never sees it.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { openAuditLog, type AuditLog } from '../audit/log.ts'
import type { Entry } from '../audit/record.ts'
import { everyAgentOf, slotsOf, WRITABLE_TYPES } from '../config/accessors.ts'
import { upperSnake } from '../config/names.ts'
import { didYouMean } from '../config/suggest.ts'
import type { Config, LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { actorOf } from '../gateway/actor.ts'
import { counting } from '../gateway/budget.ts'
import { endLike } from '../gateway/ending.ts'
import type { Instruction, Report } from '../gateway/input/set-words.ts'
import { resolveOptions } from '../gateway/options.ts'
import { HAS_PROC } from '../gateway/surroundings.ts'
import { startSetter } from '../gateway/input/setter.ts'
import { targetOf as inferTarget } from '../targets/infer.ts'
import { entered, type Entered } from './entering.ts'
import { errorText, printable, type Io } from './io.ts'
import { openConfig } from './open.ts'
import { undroppedWords } from '../gateway/keep/places.ts'
import { checkName, keptIn, storedAt, type StoredAt } from './secrets-place.ts'
import { likenessText, notStored, storedText, unwritable, warningsOf } from './secrets-set-words.ts'

export interface SecretsSetOptions {
  config?: string
  environment?: string
  secretsProvider?: string
}

/** @returns 0 where it is stored; a prompt that a signal ended ends us by that signal */
export async function secretsSet(
  io: Io,
  name: string,
  options: SecretsSetOptions,
): Promise<number> {
  checkName(io, name)
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not store secrets', {
      scope: 'agent',
      hint: 'store it outside of a run',
    })
  }
  const loaded = await openConfig(io, options, { trusted: true })
  const target = storedAt(io, loaded, name, options)
  const { step, provider } = target
  // What an engine makes when it is read cannot be set.
  if (!WRITABLE_TYPES.has(provider.type) || provider.options['engine'] === 'dynamic')
    throw unwritable(io.program, name, step, provider, options)
  warnUnbound(io, loaded, name)
  const operation = randomUUID()
  const about = {
    actor: actorOf(),
    ref: name,
    provider: target.step.provider,
    environment: target.environment,
    config: loaded.hash,
    detail: { operation },
  }
  const log = openAuditLog(io.home, { now: () => io.now() })
  let outcome: Entered<Report>
  try {
    await log.append([{ event: 'secret.intent', ...about }])
    const kept = keptIn(io, loaded)
    const instruction: Instruction = {
      v: 1,
      ref: name,
      provider: target.step.provider,
      type: target.provider.type,
      options: resolveOptions(target.provider, loaded.dir, io.home, io.env),
      at: target.step.at,
      operation,
      fingerprintKey: io.home.fingerprintKey,
      ...(HAS_PROC ? { gatewayPid: process.pid } : {}),
      ...(kept === undefined ? {} : { kept }),
      pasteMarks: Boolean(io.env['TERM']) && io.env['TERM'] !== 'dumb',
      expected: expectedOf(loaded.config, name),
    }
    const counted = { home: io.home, config: loaded.path, provider: step.provider }
    outcome = await counting(
      { ...counted, configured: provider, now: () => io.now() },
      (calls) =>
        entered(() => startSetter({ ...instruction, ...(calls === undefined ? {} : { calls }) })),
      ({ report }) => (report?.type === 'cancelled' ? 0 : report?.spent),
    )
    await tell(io, log, about, outcome, { ...target, path: loaded.path })
  } finally {
    await log.close()
  }
  if (outcome.signal !== undefined) endLike({ signal: outcome.signal })
  return 0
}

function warnUnbound(io: Io, { config }: LoadedConfig, ref: string): void {
  const bound = new Set<string>()
  for (const agent of everyAgentOf(config).values()) {
    for (const { credential } of slotsOf(agent)) bound.add(credential.secretRef)
  }
  if (bound.has(ref)) return
  const hint = didYouMean(ref, bound) ?? 'bind it in a tool binding of the agent that needs it'
  say(io, `no agent in the config is bound to ${ref}`, hint)
}

/** For each use of the ref that says what it is for, the kinds of credential that may be meant. */
function expectedOf(config: Config, ref: string): readonly (readonly string[])[] {
  const slots = [...everyAgentOf(config).values()]
    .flatMap(slotsOf)
    .filter(({ credential }) => credential.secretRef === ref)
  const uses = slots.map(({ tool, binding, credential, envVar }) =>
    inferTarget({ service: credential.service ?? binding.service, tool, envVar, ref }),
  )
  if (slots.length === 0) uses.push(inferTarget({ envVar: upperSnake(ref), ref }))
  const expected = new Map<string, readonly string[]>()
  for (const use of uses) {
    // What a tool is for says little about what its credential looks like.
    if (use !== undefined && use.by !== 'tool') expected.set(use.id, [use.id, ...use.also])
  }
  return [...expected.values()]
}

/** To the user first: should the log fail now, what has happened must not stay unsaid. */
async function tell(
  io: Io,
  log: AuditLog,
  about: Omit<Entry, 'event'>,
  { report, signal }: Entered<Report>,
  { step, provider, environment, path }: StoredAt & Pick<LoadedConfig, 'path'>,
): Promise<void> {
  if (report?.type === 'written') {
    const { version, fingerprint } = report
    const stored = storedText(about.ref ?? '', step, provider.type, report)
    io.err(stored + likenessText(report))
    for (const [sentence, hint] of warningsOf(io.program, report)) say(io, sentence, hint)
    if (existsSync(io.home.rotations)) {
      const { rotationWarning } = await import('./secrets-set-rotation.ts')
      const key = { config: path, environment, ref: about.ref ?? '' }
      const warning = rotationWarning(io, key, { step }, fingerprint)
      if (warning !== undefined) say(io, ...warning)
    }
    if (report.undropped) say(io, ...undroppedWords(io, about.ref ?? ''))
    const secret = { ...(version === undefined ? {} : { version }), fingerprint }
    await log.append([{ event: 'secret.written', ...about, secret }])
    return
  }
  if (report?.type === 'cancelled') {
    await log.append([{ event: 'secret.failed', ...about, reason: 'cancelled' }])
    if (signal === undefined) throw new TypeError('a prompt was cancelled by nobody')
    return
  }
  const error = notStored(io, about.ref ?? '', step, provider, report)
  const reason = report?.type === 'refused' ? report.fault : (report?.reason ?? report?.what)
  const fields = { code: error.code, reason: reason ?? 'died' }
  try {
    await log.append([{ event: 'secret.failed', ...about, ...fields }])
  } catch (failure) {
    io.err(errorText(io.program, error))
    throw failure
  }
  if (signal === undefined) throw error
  io.err(errorText(io.program, error))
}

function say(io: Io, sentence: string, hint: string): void {
  io.err(`${io.program}: ${printable(sentence)}\nhint: ${printable(hint)}\n`)
}
