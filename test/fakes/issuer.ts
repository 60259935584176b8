/**
 * A service that issues credentials, as a rotating program of version 1 of our own protocol
 * (docs/rotation-exec.md): its state is one JSON file, changed whole. It plays the four classes and what
 * real services are like:
 *
 * - `cap`: not more than so many live at once; one more is refused, as by AWS IAM (two keys of a user).
 * - `overlap`: of the class `roll`, the old one lives so many minutes beside the new one and then ends by
 *   itself, as with Paddle and Adyen. `clock` is the time, in minutes; a test moves it.
 * - `settling`, `lingering`: it is not consistent at once. A new one is refused so often before it is
 *   taken, an ended one taken so often before it is refused, as AWS IAM and Google say of theirs.
 * - `busy`: it takes so many milliseconds before it does a step.
 * - `takesNoNew`: what it was given or has made it refuses, whatever it said.
 * - `lose`, `slow`, `twice`: it does what it was asked for and says nothing, answers when nobody waits any
 *   more, or does it twice.
 *
 * node issuer.ts STATE-FILE
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'

export interface Issued {
  id: string
  value: string
  tag?: string
  /** On the clock; then it ends by itself. */
  until?: number
}

export interface IssuerState {
  class: 'chosen' | 'issued' | 'slots' | 'roll'
  live: Issued[]
  /** The largest number that ever lived at once. */
  most: number
  cap: number
  made: number
  clock: number
  overlap: number
  settling: number
  lingering: number
  /** Ended, and taken until `lingering` is used up. */
  ghosts: string[]
  busy: Record<string, number>
  /** Steps whose next answer is lost or late, or that are done twice. */
  lose: string[]
  slow: string[]
  twice: string[]
  /** Steps that are refused each time. */
  refuse: string[]
  /** What it was given, or has made, it refuses. */
  takesNoNew: boolean
  /** How often each step was asked for. */
  asked: Record<string, number>
}

export function newIssuer(kind: IssuerState['class'], value: string): IssuerState {
  return {
    class: kind,
    live: [{ id: 'first', value }],
    most: 1,
    cap: 2,
    made: 0,
    clock: 0,
    overlap: 30,
    settling: 0,
    lingering: 0,
    ghosts: [],
    busy: {},
    lose: [],
    slow: [],
    twice: [],
    refuse: [],
    takesNoNew: false,
    asked: {},
  }
}

/** As docs/rotation-exec.md has it. */
export interface Request {
  step: string
  tag?: string
  current?: { id?: string; value?: string }
  next?: { id?: string; value?: string }
}

export type Reply = Record<string, unknown>

function fresh(state: IssuerState): string {
  state.made += 1
  return ['fake', 'issued', String(state.made)].join('-')
}

const STEPS: Record<string, (state: IssuerState, request: Request) => Reply> = {
  choose: (state, { current }) => {
    // The idle one of two users, or the one there is.
    const slot =
      state.class === 'slots' ? (nameOf(current) === 'user1' ? 'user2' : 'user1') : 'first'
    return { value: state.class === 'slots' ? `${slot}:${fresh(state)}` : fresh(state), id: slot }
  },
  set: (state, { next }) => {
    const id = state.class === 'slots' ? nameOf(next) : 'first'
    state.live = state.live.filter((one) => one.id !== id)
    state.live.push({ id, value: next?.value ?? '' })
    return {}
  },
  create: (state, { tag = '', current }) => {
    if (state.class === 'roll') {
      // It takes the place of the one that is rolled, and of what an earlier roll of that one made.
      state.live = state.live.filter((one) => one.value === current?.value)
      for (const one of state.live) one.until ??= state.clock + state.overlap
    }
    if (state.live.length >= state.cap) return { error: 'refused' }
    const made = { id: `key-${state.made + 1}`, value: fresh(state), tag }
    state.live.push(made)
    return { id: made.id, value: made.value }
  },
  marked: (state, { tag }) => ({
    ids: state.live.filter((one) => one.tag === tag).map(({ id }) => id),
  }),
  try: (state, { current }) => {
    const { value = '' } = current ?? {}
    const found = state.live.find((one) => one.value === value)
    if (found?.tag !== undefined && state.settling > 0) {
      state.settling -= 1
      return { error: 'refused' }
    }
    if (state.takesNoNew && value.includes('issued')) return { error: 'refused' }
    const lingers = state.ghosts.includes(value) && state.lingering > 0
    if (lingers) state.lingering -= 1
    return found === undefined && !lingers ? { error: 'refused' } : { account: 'acct-1' }
  },
  end: (state, { current }) => {
    const ended = state.live.find(({ id, value }) =>
      current?.id === undefined ? value === current?.value : id === current.id,
    )
    // One that was rolled ends when its time is over, and not before.
    if (ended === undefined || ended.until !== undefined) return {}
    state.live = state.live.filter((one) => one !== ended)
    state.ghosts.push(ended.value)
    return {}
  },
}

function nameOf(credential: { id?: string; value?: string } | undefined): string {
  return credential?.value?.split(':')[0] ?? ''
}

/** True for the next answer to this step only. */
function once(steps: string[], step: string): boolean {
  const at = steps.indexOf(step)
  if (at !== -1) steps.splice(at, 1)
  return at !== -1
}

/** @returns the answer, and whether it comes in time; the state is as it is then */
export function serve(
  state: IssuerState,
  request: Request,
): { reply: Reply; comes: 'now' | 'late' | 'never' } {
  const { step } = request
  state.live = state.live.filter(({ until }) => until === undefined || until > state.clock)
  state.asked[step] = (state.asked[step] ?? 0) + 1
  let reply: Reply = { error: 'refused' }
  if (!state.refuse.includes(step)) {
    for (let i = once(state.twice, step) ? 2 : 1; i > 0; i -= 1) {
      reply = STEPS[step]?.(state, request) ?? reply
      state.most = Math.max(state.most, state.live.length)
    }
  }
  if (once(state.lose, step)) return { reply, comes: 'never' }
  return { reply, comes: once(state.slow, step) ? 'late' : 'now' }
}

if (process.argv[1] === import.meta.filename) {
  const [, , path = ''] = process.argv
  const request: Request = JSON.parse(readFileSync(0, 'utf8'))
  const { busy }: IssuerState = JSON.parse(readFileSync(path, 'utf8'))
  await pause(busy[request.step] ?? 0)
  // One at a time, as two rotators may ask: a lock that goes with whoever is killed.
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 10_000 })
  lock.exec('BEGIN IMMEDIATE')
  const state: IssuerState = JSON.parse(readFileSync(path, 'utf8'))
  const { reply, comes } = serve(state, request)
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  lock.close()
  if (comes === 'never') process.exit(9)
  if (comes === 'late') await pause(60_000)
  process.stdout.write(JSON.stringify(reply))
}
