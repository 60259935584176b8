/** What a serving gateway does of itself: rotates what its config says is due, and goes on with what was begun. */
import type { DatabaseSync } from 'node:sqlite'
import { placedRefs } from '../../config/accessors.ts'
import { SecretRefError } from '../../errors.ts'
import { openJournal, readJournal } from '../../rotation/journal.ts'
import { openRotationsOf, type Journalled } from '../../rotation/journalled.ts'
import { raiseAlert } from '../alert/raise.ts'
import type { Duty } from '../duties.ts'
import type { Gateway } from '../gateway.ts'
import type { Say } from '../result.ts'
import { cameToInWords, triedInWords, type Said } from './duty-words.ts'
import { tellGone } from './gone.ts'
import { planRotations, versionOf, wantedStill, type Planned } from './plan.ts'
import { rotate } from './rotate.ts'
import { alertOf, bringWords, standingOf } from './tell.ts'

/** How often stores are asked how old their values are. */
const ASK_MS = 3_600_000
const DAY_MS = 86_400_000

type Can = Extract<Planned, { kind: 'can' }>

/** @param environment as asked for; left out: the configured one */
export function rotations(
  gateway: Gateway,
  environment: string | undefined,
  say: Say,
): Duty['run'] {
  let askAt = 0
  const reminders = new Map<string, number>()
  /** What only a person can do, they are told once a day. */
  const isDue = (ref: string): boolean => {
    const now = gateway.now().getTime()
    const ago = now - (reminders.get(ref) ?? Number.NEGATIVE_INFINITY)
    if (ago >= 0 && ago < DAY_MS) return false
    reminders.set(ref, now)
    return true
  }
  /** What was said last of each ref: at the next look it is mostly the same. */
  const said = {
    read: new Map<string, string>(),
    tried: new Map<string, string>(),
    came: new Map<string, string>(),
  }
  const sayOnce = (
    of: keyof typeof said,
    ref: string,
    { level, sentence, hint, same }: Said,
  ): void => {
    say(said[of].get(ref) === same ? 'debug' : level, sentence, hint)
    said[of].set(ref, same)
  }

  return async (signal) => {
    const lookedAt = gateway.now()
    const now = lookedAt.getTime()
    // Further ahead than we ever look: the clock was set back since.
    const isTime = now >= askAt || askAt - now > ASK_MS
    const byRule = isTime && hasRules(gateway)
    const open = byRule ? [] : openOf(gateway)
    // Without a rule too: somebody has wanted it, and it was undone.
    const ask = byRule || (isTime && open.some(wantedStill))
    if (!ask && open.every(({ step }) => step === 'stuck')) return
    const db = openJournal(gateway.home)
    try {
      const { planned } = await planRotations(gateway, db, {
        environment,
        chosen: {},
        asked: { force: false },
        scheduled: true,
        openOnly: !ask,
      })
      if (ask) askAt = nextLook(planned, now)
      const gone = new Set((await tellGone(gateway, db, say)).map(({ id }) => id))
      for (const one of planned) {
        if (one.kind !== 'can' || signal.aborted) continue
        sayUnread(one)
        if (!one.todo) continue
        if (one.open !== undefined && gone.has(one.open.id)) continue
        if (needsPerson(one)) await remind(one)
        else await rotateOne(db, one, lookedAt, signal)
      }
    } finally {
      db.close()
    }
  }

  /** Whether such a ref is due nobody knows, and nobody would hear of it. */
  function sayUnread({ subject: { ref }, current }: Can): void {
    if (current?.outcome === 'value') said.read.delete(ref)
    if (current?.outcome !== 'failed') return
    const { code, message, hint } = current
    const sentence = `${ref}: cannot be read, so that nobody knows whether it is due: ${message} [${code}]`
    sayOnce('read', ref, { level: 'warn', sentence, hint, same: sentence })
  }

  async function rotateOne(
    db: DatabaseSync,
    { subject, current, due, open }: Can,
    lookedAt: Date,
    signal: AbortSignal,
  ): Promise<void> {
    const { ref } = subject
    try {
      const rotated = await rotate(gateway, db, {
        subject,
        from: versionOf(current, open),
        lookedAt,
        ...(open === undefined ? {} : { only: open.id }),
        why: due.kind === 'due' ? 'due' : 'continued',
        impatient: false,
        revokeNow: false,
        pausing: (rotation, last, until) => {
          const seconds = Math.ceil((until.getTime() - gateway.now().getTime()) / 1000)
          sayOnce('tried', ref, triedInWords(subject, rotation, last, Math.max(0, seconds)))
        },
        say: (level, sentence, hint) => say(level === 'info' ? 'debug' : level, sentence, hint),
        signal,
      })
      if (rotated.kind === 'held') return
      sayOnce('came', ref, cameToInWords(subject, rotated))
      if (standingOf(rotated) !== 'expire' || isDue(ref)) await alertOf(gateway, subject, rotated)
    } catch (error) {
      if (!(error instanceof SecretRefError) || error.code.startsWith('AUDIT_')) throw error
      if (error.code === 'AGENT_BUSY') {
        // Whoever is at that one says what becomes of it; where nobody is, this is how it is heard of.
        return say(isDue(ref) ? 'warn' : 'debug', `${ref}: ${error.message}`, error.hint)
      }
      const sentence = `${ref}: not rotated: ${error.message} [${error.code}]`
      sayOnce('came', ref, { level: 'error', sentence, hint: error.hint, same: sentence })
    }
  }

  async function remind({ subject: { ref, environment: where } }: Can): Promise<void> {
    if (!isDue(ref)) return
    const key = `rotation.guided:${where}:${ref}`
    const at = gateway.now()
    await raiseAlert(gateway, { ...bringWords(ref), environment: where, ref, key, at })
    const { hint } = bringWords(ref)
    say('warn', `${ref}: it is due, and a person has to bring the new value`, hint)
  }
}

/** When the next one becomes due, or its window opens; within the hour in any case, as values change. */
function nextLook(planned: readonly Planned[], now: number): number {
  const times = planned.flatMap((one) => {
    if (one.kind !== 'can') return []
    const { due } = one
    if (due.kind === 'later') return [due.at.getTime()]
    return due.kind === 'due' ? [due.start.getTime()] : []
  })
  return Math.min(now + ASK_MS, ...times.filter((time) => time > now))
}

/** Nothing is begun, or gone on with, that only a person can do. */
function needsPerson({ subject, open }: Can): boolean {
  if (!subject.guided) return false
  return open === undefined || ['planned', 'intent', 'creating'].includes(open.step)
}

function hasRules({ loaded }: Gateway): boolean {
  return placedRefs(loaded.config).some(
    ({ entry: { rotate: rule } }) =>
      rule?.['before'] !== undefined || rule?.['every'] !== undefined,
  )
}

function openOf({ home, loaded }: Gateway): Journalled[] {
  const db = readJournal(home)
  if (db === undefined) return []
  try {
    return openRotationsOf(db, loaded.path)
  } finally {
    db.close()
  }
}
