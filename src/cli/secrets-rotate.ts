/** `secretref secrets rotate`: replaces credentials that are due, or that somebody wants replaced. */
import type { DatabaseSync } from 'node:sqlite'
import { fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import { setTimeout as pause } from 'node:timers/promises'
import { SecretRefError } from '../errors.ts'
import { settleAlerts } from '../gateway/alert/duty.ts'
import { endLike } from '../gateway/ending.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { currentOf } from '../gateway/rotate/ages.ts'
import { tellGone, type Gone } from '../gateway/rotate/gone.ts'
import { planRotations, versionOf, type Planned } from '../gateway/rotate/plan.ts'
import { keepRevokeNow } from '../gateway/rotate/revoke-now.ts'
import { rotate, type Rotated } from '../gateway/rotate/rotate.ts'
import { alertOf, standingOf } from '../gateway/rotate/tell.ts'
import type { Say } from '../gateway/result.ts'
import { Turns } from '../gateway/turns.ts'
import { askedEnvironment } from '../plan/environment.ts'
import { safeJson } from '../printable.ts'
import { openJournal, readJournal } from '../rotation/journal.ts'
import { openGateway, sayer } from './foreground.ts'
import { printable, type Io } from './io.ts'
import { progressLine } from './progress.ts'
import { Stop } from './secrets-rotate-stop.ts'
import {
  asJson,
  goneText,
  needsSomebody,
  outcomeText,
  planTable,
  triedInWords,
  unreadOf,
} from './secrets-rotate-words.ts'

/** What a caller of ours adds to what a user may write. */
export interface GoingOn {
  /** This rotation is gone on with, and no other one begun. */
  only?: string
}

export interface SecretsRotateOptions {
  config?: string
  environment?: string
  provider?: string
  ref?: string
  agent?: string
  daysRemaining?: number
  force?: true
  yes?: true
  dryRun?: true
  revokeNow?: true
  json?: true
}

export type Can = Extract<Planned, { kind: 'can' }>

/** One ref, and what became of it. */
export interface Outcome {
  planned: Can
  rotated: Rotated | SecretRefError
  /** It was asked for with --revoke-now. */
  revokeNow?: true
}

interface Asked extends SecretsRotateOptions, GoingOn {
  /** When the refs were read. */
  lookedAt: Date
  stop: Stop
}

/** Rotations that need nobody run beside each other. */
const AT_ONCE = 4
/** How long a rotation of another process is waited for. */
const JOIN_MS = 120_000
const LOOK_MS = 500
/** As of every command that could not ask a provider. */
const UNRESOLVED = 2

/**
 * @returns 2 where a ref could not be read; else 1 where somebody has to do something, or something could
 *   not be done; else 0. What a signal has
 *   stopped goes on with the next run, and ends us by that signal
 */
export async function secretsRotate(
  io: Io,
  options: SecretsRotateOptions & GoingOn,
): Promise<number> {
  checkFlags(io, options)
  const gateway = await openGateway(io, options)
  // To look makes no file.
  const db = options.dryRun === true ? readJournal(gateway.home) : openJournal(gateway.home)
  const stop = new Stop(io, gateway.surroundings)
  let code: number
  try {
    code = await withJournal(io, gateway, db, { ...options, stop })
  } finally {
    stop.dismiss()
    db?.close()
    await gateway.settle()
  }
  // A calling shell loop breaks on Ctrl-C only where we end by it.
  const { signal } = stop
  return signal === undefined ? code : endLike({ signal })
}

function checkFlags(io: Io, options: SecretsRotateOptions): void {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not rotate credentials', {
      scope: 'agent',
      hint: 'do it outside of a run',
    })
  }
  if (options.force === true && options.daysRemaining !== undefined) {
    throw new SecretRefError('USAGE', '--force and --days-remaining exclude each other', {
      hint: '--force rotates whatever its end is',
    })
  }
  const { provider, ref, agent } = options
  const all = provider === undefined && ref === undefined && agent === undefined
  if (all && (options.force === true || options.revokeNow === true)) {
    throw new SecretRefError('USAGE', 'whose credentials are meant is not said', {
      hint: 'add --provider, --ref or --agent',
    })
  }
}

async function withJournal(
  io: Io,
  gateway: Gateway,
  db: DatabaseSync | undefined,
  options: SecretsRotateOptions & GoingOn & { stop: Stop },
): Promise<number> {
  const { provider, ref, agent, daysRemaining, environment } = options
  const force = options.force === true || options.revokeNow === true
  const lookedAt = io.now()
  const { planned, byStore } = await planRotations(gateway, db, {
    environment: askedEnvironment(environment, io.env['SECRETREF_ENVIRONMENT']),
    chosen: { provider, ref, agent },
    asked: { force, days: daysRemaining },
    dry: options.dryRun === true,
  })
  const all = provider === undefined && ref === undefined && agent === undefined
  const todo = planned.filter((one) => one.kind === 'can').filter((one) => one.todo)
  if (options.dryRun === true || db === undefined) {
    if (options.json === true) io.out(`${safeJson(asJson(planned, [], []), 2)}\n`)
    else io.out(planTable(planned, io.now()))
    if (planned.length === 0) sayNone(io)
    if (sayUnread(io, planned, options)) return UNRESOLVED
    return planned.length === 0 && !all ? 1 : 0
  }
  if (force && byStore && options.yes !== true) throw severalServices(io, todo, provider ?? '')
  if (options.revokeNow === true) await keepForStuck(gateway, db, planned)
  const outcomes =
    todo.length === 0 ? [] : await rotateAll(io, gateway, db, todo, { ...options, lookedAt })
  const gone = all ? await goneNow(io, gateway, db) : []
  if (options.json === true) io.out(`${safeJson(asJson(planned, outcomes, gone), 2)}\n`)
  else tell(io, planned, outcomes, gone)
  if (sayUnread(io, planned, options)) return UNRESOLVED
  // Who names one that there is not, as after a leak, must not take it for done.
  const none = !all && planned.length === 0
  return none || gone.length > 0 || needsSomebody(planned, outcomes) ? 1 : 0
}

/** Nobody goes on with those until a person resumes them; by then it must not be forgotten. */
async function keepForStuck(
  gateway: Gateway,
  db: DatabaseSync,
  planned: readonly Planned[],
): Promise<void> {
  for (const one of planned) {
    if (one.kind === 'can' && one.open?.step === 'stuck') {
      await keepRevokeNow(gateway, db, one.open)
    }
  }
}

/** Whether such a ref is due nobody knows: no plan is whole without it. */
function sayUnread(
  io: Io,
  planned: readonly Planned[],
  { environment }: SecretsRotateOptions,
): boolean {
  const { empty, unread } = unreadOf(planned)
  if (empty.length > 0) {
    const words = `nothing is stored there yet, so there is nothing to replace: ${empty.join(', ')}`
    const where = environment === undefined ? '' : ` --environment ${environment}`
    const set = empty.map((ref) => `${io.program} secrets set ${ref}${where}`).join('; ')
    io.err(`${printable(`${io.program}: ${words}`)}\n${printable(`hint: ${set}`)}\n`)
  }
  if (unread.length > 0) {
    const words = `could not be read, so that nobody knows whether it is due: ${unread.join(', ')}`
    io.err(`${io.program}: ${printable(words)}\n`)
  }
  return empty.length + unread.length > 0
}

/** Under way, and not in the config any more; what is in it otherwise than before has said so itself. */
async function goneNow(io: Io, gateway: Gateway, db: DatabaseSync): Promise<Gone[]> {
  const gone = await tellGone(gateway, db)
  if (gone.length > 0) await settleAlerts(gateway, sayer(io, 'warn'))
  return gone.filter(({ why, step }) => why === 'ref' && step !== 'planned')
}

function severalServices(io: Io, todo: readonly Can[], store: string): SecretRefError {
  const services = new Set(todo.flatMap(({ subject }) => subject.targets))
  const refs = todo.length === 1 ? '1 ref' : `${todo.length} refs`
  return new SecretRefError(
    'USAGE',
    `"${store}" is a store: this would replace ${refs} of ${services.size} services at once; nothing was changed`,
    {
      hint: `\`${io.program} secrets rotate --provider ${store} --force --dry-run\` shows them; add --yes to do it`,
    },
  )
}

function tell(
  io: Io,
  planned: readonly Planned[],
  outcomes: readonly Outcome[],
  gone: readonly Gone[],
): void {
  const done = new Set(outcomes.map((one) => one.planned))
  const rest = planned.filter((one) => one.kind === 'cannot' || !done.has(one))
  for (const one of outcomes) io.out(outcomeText(io, one))
  for (const one of gone) io.out(goneText(io, one))
  if (rest.length > 0) io.out(planTable(rest, io.now()))
  if (planned.length + gone.length === 0) sayNone(io)
}

function sayNone(io: Io): void {
  io.err(`${io.program}: no ref is meant by that\n`)
}

async function rotateAll(
  io: Io,
  gateway: Gateway,
  db: DatabaseSync,
  todo: readonly Can[],
  options: Asked,
): Promise<Outcome[]> {
  const { stop } = options
  stop.listen()
  const progress = progressLine(io)
  const say: Say = (level, sentence, hint) => {
    if (level === 'info') return progress.show(sentence)
    progress.clear()
    sayer(io, 'warn')(level, sentence, hint)
  }
  const one = async (planned: Can): Promise<Outcome[]> => {
    // Nothing more is begun.
    if (stop.signal !== undefined) return []
    try {
      const rotated = await rotateOne(gateway, db, planned, options, say)
      return [{ planned, rotated, ...(options.revokeNow === true && { revokeNow: true }) }]
    } catch (error) {
      if (!(error instanceof SecretRefError) || error.code.startsWith('AUDIT_')) throw error
      return [{ planned, rotated: error }]
    }
  }
  try {
    const turns = new Turns(AT_ONCE)
    const alone = todo.filter(({ subject }) => !subject.guided)
    const all = await Promise.all(alone.map((planned) => turns.run(() => one(planned))))
    const outcomes = all.flat()
    // One prompt after the other.
    for (const planned of todo) if (planned.subject.guided) outcomes.push(...(await one(planned)))
    progress.clear()
    await alert(gateway, outcomes, say)
    return todo.flatMap((planned) => outcomes.filter((outcome) => outcome.planned === planned))
  } finally {
    progress.clear()
  }
}

/** Who joins a rotation under way waits for it, and goes on where that one stopped. */
async function rotateOne(
  gateway: Gateway,
  db: DatabaseSync,
  { subject, current, due, open }: Can,
  options: Asked,
  say: Say,
): Promise<Rotated> {
  const { heard: signal } = options.stop
  const from = versionOf(current, open)
  const until = Date.now() + JOIN_MS
  const wanted = options.force === true || options.revokeNow === true
  const pasteMarks = subject.guided ? inputMarks(options) : undefined
  let told = false
  for (;;) {
    const rotated = await rotate(gateway, db, {
      subject,
      from,
      lookedAt: options.lookedAt,
      ...(options.only === undefined ? {} : { only: options.only }),
      why: wanted ? 'forced' : due.kind === 'due' ? 'due' : 'continued',
      impatient: wanted,
      revokeNow: options.revokeNow === true,
      ...(pasteMarks === undefined ? {} : { pasteMarks }),
      pausing: (...about) => say('warn', triedInWords(subject, gateway.now(), ...about)),
      say,
      signal,
    })
    if (rotated.kind !== 'held' || Date.now() > until || signal.aborted) {
      const leftOne = options.revokeNow === true && open !== undefined && isDone(rotated)
      if (!leftOne) return rotated
      // What was under way has ended the value before; the one that leaked may be the one that it made.
      const now = (await currentOf(gateway, db, [subject])).get(subject.ref)
      const again: Can = { kind: 'can', subject, due, todo: true, ...(now && { current: now }) }
      const after = { ...options, lookedAt: gateway.now() }
      return rotateOne(gateway, db, again, after, say)
    }
    const words = `${subject.ref}: process ${rotated.pid} rotates it; waiting for it, two minutes at most`
    // Where no line shows it, once.
    say(told || isatty(2) ? 'info' : 'warn', words)
    told = true
    await pause(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}

function isDone(rotated: Rotated): boolean {
  return rotated.kind === 'came-to' && rotated.rotation.step === 'done'
}

/**
 * @returns `undefined` where nobody is there to bring a value. A pipe is for one ref that was named: the
 *   input of a cron job is no answer to anything
 */
function inputMarks({ ref }: SecretsRotateOptions): boolean | undefined {
  if (isatty(0)) return Boolean(process.env['TERM']) && process.env['TERM'] !== 'dumb'
  if (ref === undefined) return undefined
  const input = fstatSync(0)
  return input.isFIFO() || input.isFile() || input.isSocket() ? false : undefined
}

/** Where nobody watches, somebody is told. */
async function alert(gateway: Gateway, outcomes: readonly Outcome[], say: Say): Promise<void> {
  let raised = false
  for (const { planned, rotated } of outcomes) {
    if (rotated instanceof SecretRefError || rotated.kind !== 'came-to') continue
    const standing = standingOf(rotated)
    const atHand = isatty(0) && (standing === 'bring' || standing === 'expire')
    if (!atHand) raised = (await alertOf(gateway, planned.subject, rotated)) || raised
  }
  if (raised) await settleAlerts(gateway, say)
}
