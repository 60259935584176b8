/** `secretref secrets rotation status | resume | abandon`: rotations under way, and those left to a person. */
import type { DatabaseSync } from 'node:sqlite'
import { SecretRefError } from '../errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { answeredOf } from '../gateway/rotate/answered.ts'
import { goneInWords, goneOf, type Gone } from '../gateway/rotate/gone.ts'
import { RotationRecords, type Decision } from '../gateway/rotate/records.ts'
import { holderLives, ourHolder } from '../gateway/live/holder.ts'
import { didYouMean } from '../plan/known.ts'
import { safeJson } from '../printable.ts'
import { openJournal, readJournal, writeRotation } from '../rotation/journal.ts'
import {
  openRotationsOf,
  rotationOf,
  rotationsOf,
  type Journalled,
} from '../rotation/journalled.ts'
import { giveBack, takeHold, type Hold } from '../rotation/lock.ts'
import { ledgerOf, type LedgerRow } from '../rotation/ledger.ts'
import { abandon, resume, rollBack } from '../rotation/machine.ts'
import { helpOf, stoppedBy } from '../rotation/reasons.ts'
import type { Rotation } from '../rotation/types.ts'
import { isEndWished } from '../rotation/wishes.ts'
import { isUntouched } from '../rotation/untouched.ts'
import { openGateway } from './foreground.ts'
import { printable, type Io } from './io.ts'
import { openConfig } from './open.ts'
import { answerJson, heldHint, nextInWords, toSecond } from './rotation-words.ts'
import { rolled } from './secrets-back.ts'
import { checkName } from './secrets-place.ts'
import { secretsRotate } from './secrets-rotate.ts'
import { table } from './table.ts'

export interface RotationOptions {
  config?: string
  environment?: string
}

/** Asks nobody: what is shown is what is on the disk. @returns 1 where one waits for a person */
export async function rotationStatus(
  io: Io,
  options: RotationOptions & { all?: true; json?: true },
): Promise<number> {
  const loaded = await openConfig(io, options, { trusted: false })
  const db = readJournal(io.home)
  try {
    const { all, environment } = options
    const known =
      db === undefined ? [] : (all === true ? rotationsOf : openRotationsOf)(db, loaded.path)
    const shown = known.filter(
      (one) => environment === undefined || one.environment === environment,
    )
    const where = { loaded, env: io.env }
    const lost = new Map(db === undefined ? [] : goneOf(where, db).map((one) => [one.id, one]))
    const answered = db === undefined ? undefined : answeredOf(where, db, shown.filter(isUnderWay))
    const stuck = shown.some(({ step, id }) => step === 'stuck' || lost.has(id))
    if (options.json === true) {
      const rows = db === undefined ? [] : ledgerOf(db, loaded.path)
      const ledger = Map.groupBy(rows, ({ rotation }) => rotation)
      const rotations = shown.map((one) => ({
        ...asJson(one, ledger.get(one.id) ?? []),
        ...answerJson(answered?.get(one.id)),
        ...(db !== undefined && isEndWished(db, one) ? { revokeNow: true } : {}),
        ...goneJson(lost.get(one.id)),
      }))
      io.out(`${safeJson({ version: 1, rotations }, 2)}\n`)
    } else if (shown.length === 0) io.err(`${io.program}: no rotation is under way\n`)
    else {
      const rows = shown.map((one) => [
        one.ref,
        one.environment,
        one.driver,
        one.step,
        toSecond(one.beganAt),
        (db === undefined ? '' : atOnceText(db, one)) +
          (goneText(lost.get(one.id)) ?? nextInWords(one, answered?.get(one.id))),
      ])
      io.out(table([['REF', 'ENVIRONMENT', 'DRIVER', 'STEP', 'SINCE', 'NEXT'], ...rows]))
    }
    return stuck ? 1 : 0
  } finally {
    db?.close()
  }
}

/** Somebody has asked for it; said while there is an old one that is to end, and goes nowhere but there. */
function atOnceText(db: DatabaseSync, one: Journalled): string {
  const { step, reason } = one
  const goesBack = reason === 'rolled-back' || reason === 'abandoned'
  const isOver = step === 'retired' || step === 'done' || step === 'abandoned'
  return isOver || goesBack || !isEndWished(db, one) ? '' : 'the old one ends at once; '
}

/** Nobody can go on with it. */
function goneText(gone: Gone | undefined): string | undefined {
  if (gone === undefined) return undefined
  const { message, hint } = goneInWords(gone)
  return `${message}; ${hint}`
}

function goneJson(gone: Gone | undefined): object {
  return gone === undefined ? {} : { gone: gone.why, message: goneInWords(gone).message }
}

function asJson(one: Journalled, ledger: readonly LedgerRow[]): object {
  const { id, ref, environment, driver, class: kind, step, from, attempts, failures, reason } = one
  return {
    rotation: id,
    ref,
    environment,
    driver,
    class: kind,
    step,
    from,
    attempts,
    failures,
    ...(reason === undefined ? {} : { reason }),
    ...(one.orphanPossible ? { orphanPossible: true } : {}),
    beganAt: one.beganAt.toISOString(),
    ...(one.promotedAt === undefined ? {} : { promotedAt: one.promotedAt.toISOString() }),
    ...(one.notBefore === undefined ? {} : { notBefore: one.notBefore.toISOString() }),
    updatedAt: one.updatedAt.toISOString(),
    credentials: ledger.map(({ role, state, upstream, version }) => ({
      role,
      state,
      ...(upstream === undefined ? {} : { upstream }),
      ...(version === undefined ? {} : { version }),
    })),
  }
}

/** What the last one of those that are over was told has no say any more. */
function isUnderWay({ step }: Journalled): boolean {
  return step !== 'done' && step !== 'abandoned'
}

/** Has one that was left to a person tried again, at once. */
export async function rotationResume(
  io: Io,
  ref: string,
  options: RotationOptions,
): Promise<number> {
  const one = await changed(io, ref, options, 'resume', (found, gone) => {
    requireThere(gone)
    if (found.step === 'stuck') return resume(found)
    throw new SecretRefError('USAGE', `the rotation of ${ref} is not stuck: ${found.step}`, {
      scope: 'ref',
      hint: `\`${io.program} secrets rotate --ref ${ref}\` goes on with it`,
    })
  })
  return goOn(io, ref, options, one)
}

/**
 * Gives one up: before its new value became current what was begun is undone, after that it stays as it is.
 *
 * @param options `leave`: it stays as it is in any case, also where it cannot be undone
 */
export async function rotationAbandon(
  io: Io,
  ref: string,
  options: RotationOptions & { leave?: true },
): Promise<number> {
  let left = ''
  let isLeft = false
  const now = await changed(io, ref, options, 'abandon', (one, gone) => {
    const why = gone === undefined ? '' : `${goneInWords(gone).message}, so nothing was undone; `
    left = `${why}${leftOf(io, one)}`
    isLeft = !isUntouched(one)
    const leave = options.leave === true
    if (gone !== undefined && !leave && mayBeSet(one)) throw onlyByLeave(gone)
    return abandoned(one, gone !== undefined || leave)
  })
  if (now.step === 'abandoned') {
    io.err(`${printable(`${ref}: given up; ${left}`)}\n`)
    return isLeft ? 1 : 0
  }
  return undone(io, ref, options, now)
}

/** What is left at the service, by its own name where that is known. */
function leftOf({ home }: Io, one: Journalled): string {
  if (isUntouched(one)) return 'nothing of it is left at its service'
  const isHalfBack = one.reason === 'not-undone' || one.reason === 'rolled-back'
  if (one.promotedAt !== undefined && isHalfBack) {
    return 'see which of the two is current: the other one is yours to end at its service'
  }
  const oldIsBack = one.reason === 'current-changed'
  const promoted = one.promotedAt !== undefined && !oldIsBack
  if (one.class === 'roll') {
    if (promoted) return 'what is current stays, and the old value ends by itself'
    return `its service ends what is current by itself: have one made there, and run: secretref secrets set ${one.ref}`
  }
  if (one.class === 'chosen') {
    if (promoted) return 'what is current stays, and the old value died when that was set'
    return 'what is current stays, and its service may take another value only: see that it works'
  }
  if (promoted) return endIt('the old value')
  const db = readJournal(home)
  try {
    const rows = db === undefined ? [] : ledgerOf(db, one.config)
    const made = rows.find(({ rotation, role }) => rotation === one.id && role === 'new')
    return endIt(made?.upstream ?? `what it may have made, marked ${one.id} where there are marks,`)
  } finally {
    db?.close()
  }
}

/** Its service may take the new value alone, which is kept only as long as the rotation is. */
function mayBeSet(one: Journalled): boolean {
  return one.class === 'chosen' && one.promotedAt === undefined && !isUntouched(one)
}

function onlyByLeave(gone: Gone): SecretRefError {
  const { message } = goneInWords(gone)
  return new SecretRefError('USAGE', `${gone.ref}: ${message}, so nothing can be undone`, {
    scope: 'ref',
    hint: 'its service may take the new value only, which would be lost: put the config back as it was, and run `secretref secrets rotate`; with --leave it is given up all the same',
  })
}

function endIt(what: string): string {
  return `what is current stays, and ${what} is yours to end at its service`
}

async function goOn(
  io: Io,
  ref: string,
  { config }: RotationOptions,
  { environment, id }: Pick<Journalled, 'environment' | 'id'>,
): Promise<number> {
  return secretsRotate(io, {
    ...(config === undefined ? {} : { config }),
    environment,
    ref,
    force: true,
    only: id,
  })
}

/** Has the old value back while it lives: it is current again, and the new one is ended. */
export async function rotationRollback(
  io: Io,
  ref: string,
  options: RotationOptions,
): Promise<number> {
  const one = await changed(io, ref, options, 'rollback', (found, gone) => {
    requireThere(gone)
    const back = rollBack(found)
    if (back !== undefined) return back
    if (found.class === 'roll') throw rolled(ref)
    throw new SecretRefError(
      'USAGE',
      `the old value of ${ref} is about to be ended: ${found.step}`,
      {
        scope: 'ref',
        hint: `a new one helps: ${io.program} secrets rotate --ref ${ref} --force`,
      },
    )
  })
  return undone(io, ref, options, one)
}

/** @returns 1 also where it was not undone, as the old value was dead before: then it has gone on */
async function undone(
  io: Io,
  ref: string,
  options: RotationOptions,
  one: Journalled,
): Promise<number> {
  const code = await goOn(io, ref, options, one)
  const db = readJournal(io.home)
  try {
    const now = db && rotationOf(db, one.id)
    if (now === undefined || now.reason === one.reason) return code
    const what = 'without the new value there would be none that works, and so it stays'
    io.err(`${printable(`${ref}: not undone: ${what}`)}\n`)
    io.err(
      `hint: to have another one: ${io.program} secrets rotate --ref ${printable(ref)} --force\n`,
    )
    return 1
  } finally {
    db?.close()
  }
}

/** Without its ref in the config nobody could go on with what is decided. */
function requireThere(gone: Gone | undefined): void {
  if (gone === undefined) return
  const { message, hint } = goneInWords(gone)
  throw new SecretRefError('REF_UNKNOWN', `${gone.ref}: ${message}`, { scope: 'ref', hint })
}

/** One that is stuck has tried to undo itself, or never got as far; of one that is untouched there is nothing to undo. */
function abandoned(one: Journalled, leave: boolean): Rotation {
  if (!leave && one.step === 'stuck' && stoppedBy(one) === 'not-undone') {
    throw new SecretRefError('USAGE', `what the rotation of ${one.ref} has begun is not undone`, {
      scope: 'ref',
      hint: `${helpOf({ ...one, reason: 'not-undone' })} but with --leave, which leaves it as it stands`,
    })
  }
  const asItStands = leave || one.step === 'stuck' || isUntouched(one)
  return asItStands ? { ...one, step: 'abandoned' } : abandon(one)
}

/**
 * Under the rotation's hold. On record before it is durable: what was decided is never untold.
 *
 * @returns what it is now
 */
async function changed(
  io: Io,
  ref: string,
  options: RotationOptions,
  decision: Decision,
  change: (one: Journalled, gone: Gone | undefined) => Rotation,
): Promise<Journalled> {
  checkName(io, ref)
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not change a rotation', {
      scope: 'agent',
      hint: 'do it outside of a run',
    })
  }
  const gateway = await openGateway(io, options)
  const db = openJournal(io.home)
  try {
    const found = theOne(db, gateway, ref, options)
    const hold = requireHold(db, found, gateway)
    try {
      // Whoever held it may have come further since.
      const one = rotationOf(db, found.id) ?? found
      if (!isUnderWay(one)) throw over(one)
      const gone = goneOf(gateway, db).find(({ id }) => id === one.id)
      const next = change(one, gone)
      const records = new RotationRecords(gateway, one, undefined)
      await gateway.record([records.decided(decision, next.step, one.step)])
      writeRotation(db, hold, next, io.now())
      return { ...one, ...next }
    } finally {
      giveBack(db, hold)
    }
  } finally {
    db.close()
    await gateway.settle()
  }
}

function over({ ref, step }: Journalled): SecretRefError {
  return new SecretRefError('USAGE', `the rotation of ${ref} is over meanwhile: ${step}`, {
    scope: 'ref',
    hint: `see what is current: secretref secrets describe ${ref}`,
  })
}

function theOne(
  db: DatabaseSync,
  { loaded }: Gateway,
  ref: string,
  { environment }: RotationOptions,
): Journalled {
  const open = openRotationsOf(db, loaded.path)
  const meant = open.filter(
    (one) => one.ref === ref && (environment === undefined || one.environment === environment),
  )
  const [one, more] = meant
  if (one === undefined) {
    throw new SecretRefError('REF_UNKNOWN', `no rotation of ${ref} is under way`, {
      scope: 'ref',
      hint: didYouMean(
        ref,
        open.map((other) => other.ref),
        'rotations',
      ),
    })
  }
  if (more === undefined) return one
  throw new SecretRefError('USAGE', `rotations of ${ref} are under way in several environments`, {
    scope: 'ref',
    hint: `add --environment: ${meant.map((other) => other.environment).join(', ')}`,
  })
}

function requireHold(db: DatabaseSync, one: Journalled, { home }: Gateway): Hold {
  const hold = takeHold(db, one, ourHolder(home), (holder) => holderLives(home, holder))
  if (!('heldBy' in hold)) return hold
  throw new SecretRefError('AGENT_BUSY', `process ${hold.heldBy} is rotating ${one.ref}`, {
    scope: 'ref',
    hint: heldHint(hold.heldBy, one.ref),
  })
}
