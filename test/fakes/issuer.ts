/**
 * A service that issues credentials, as a rotating program of version 1 of our own protocol
 * (docs/rotation-exec.md): its state is one JSON file, changed whole. It plays the four classes, a cap on
 * how many may live, credentials that live only after a while, and answers that are lost: then it does
 * what it was asked for and dies before it says so.
 *
 * node issuer.ts STATE-FILE
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface Issued {
  id: string
  value: string
  tag?: string
}

export interface IssuerState {
  class: 'chosen' | 'issued' | 'slots' | 'roll'
  live: Issued[]
  /** The largest number that ever lived at once. */
  most: number
  cap: number
  made: number
  /** Steps whose next answer is lost, or that are done twice. */
  lose: string[]
  twice: string[]
  /** How often a new one is refused before it lives. */
  settling: number
  /** Values that were given to `end` without our having made them. */
  foreign: string[]
}

export function newIssuer(kind: IssuerState['class'], value: string): IssuerState {
  return {
    class: kind,
    live: [{ id: 'first', value }],
    most: 1,
    cap: 2,
    made: 0,
    lose: [],
    twice: [],
    settling: 0,
    foreign: [],
  }
}

interface Request {
  step: string
  tag?: string
  current?: { id?: string; value?: string }
  next?: { id?: string; value?: string }
}

type Reply = Record<string, unknown>

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
    const id = next?.id ?? nameOf(next)
    state.live = state.live.filter((one) => one.id !== id)
    state.live.push({ id, value: next?.value ?? '' })
    return {}
  },
  create: (state, { tag = '', current }) => {
    if (state.class === 'roll')
      state.live = state.live.filter((one) => one.value === current?.value)
    if (state.live.length >= state.cap) return { error: 'refused' }
    const made = { id: `key-${state.made + 1}`, value: fresh(state), tag }
    state.live.push(made)
    return { id: made.id, value: made.value }
  },
  marked: (state, { tag }) => ({
    ids: state.live.filter((one) => one.tag === tag).map(({ id }) => id),
  }),
  try: (state, { current }) => {
    const found = state.live.find((one) => one.value === current?.value)
    if (found?.tag !== undefined && state.settling > 0) {
      state.settling -= 1
      return { error: 'unavailable' }
    }
    return found === undefined ? { error: 'refused' } : { account: 'acct-1' }
  },
  end: (state, { current }) => {
    state.live = state.live.filter(
      (one) =>
        one.id !== current?.id && (current?.value === undefined || one.value !== current.value),
    )
    return {}
  },
}

function nameOf(credential: { id?: string; value?: string } | undefined): string {
  return credential?.value?.split(':')[0] ?? ''
}

if (process.argv[1] === import.meta.filename) {
  const [, , path = ''] = process.argv
  const state: IssuerState = JSON.parse(readFileSync(path, 'utf8'))
  const request: Request = JSON.parse(readFileSync(0, 'utf8'))
  const act = STEPS[request.step]
  const times = state.twice.includes(request.step) ? 2 : 1
  state.twice = state.twice.filter((step) => step !== request.step)
  let reply: Reply = { error: 'refused' }
  for (let i = 0; i < times; i += 1) reply = act?.(state, request) ?? reply
  state.most = Math.max(state.most, state.live.length)
  const lost = state.lose.includes(request.step)
  state.lose = state.lose.filter((step) => step !== request.step)
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  if (lost) process.exit(9)
  process.stdout.write(JSON.stringify(reply))
}
