/** Rotation: what a schema cannot say about when and how a ref is replaced. Pure. */
import { adminOf } from '../../rotation/rule.ts'
import { readWindow, type WindowFault } from '../../rotation/window.ts'
import {
  agentsOf,
  chainEntries,
  defaultProviderOf,
  placedRefs,
  providerNameOf,
  providersOf,
  slotsOf,
  WRITABLE_TYPES,
  type PlacedRef,
} from '../accessors.ts'
import { invalid, shownKey, type At } from '../problems.ts'
import { didYouMean, type Patience } from '../suggest.ts'
import type { Config, Problem } from '../types.ts'
import { judgeProgram } from './programs.ts'
import { judgeTimes } from './rotation-times.ts'

/** Such a program is told what it needs on its stdin (docs/rotation-exec.md). */
const TOLD = {
  env: 'name its ref as "admin" beside the driver: the program is told the value on its stdin',
  args: 'name its ref as "admin" beside the driver: the program is told the value on its stdin',
}

export function* judgeRotation(config: Config, patience: Patience): Generator<Problem> {
  const table = providersOf(config)
  const placed = placedRefs(config)
  for (const one of placed) {
    const { ref, entry, at: place } = one
    const { rotate } = entry
    if (rotate === undefined) continue
    const at = [...place, 'rotate']
    const { window } = rotate
    const read = typeof window === 'string' ? readWindow(window) : undefined
    if (read !== undefined && 'fault' in read) {
      yield invalid([...at, 'window'], ...wrongWindow(read, patience))
    }
    if (rotate['driver'] === 'exec') yield* judgeProgram(at, rotate, TOLD)
    yield* judgeTimes(config, one, rotate)
    yield* judgeUsers(at, rotate['users'])
    const admin = adminOf(rotate)
    if (admin !== undefined)
      yield* judgeAdmin(config, [...at, 'admin', 'secretRef'], { ref, admin, placed, patience })
    const [first] = chainEntries(entry.provider)
    const provider = first === undefined ? undefined : table.get(providerNameOf(first))
    if (provider === undefined) continue
    if (!WRITABLE_TYPES.has(provider.type) || provider.options['engine'] === 'dynamic') {
      yield invalid(
        at,
        'the first provider of this ref cannot be written to, so nothing new can be put there',
        'put a store, a vault or a file first, or leave "rotate" out',
      )
    }
    if (provider.type === 'vault' && provider.options['kv'] === 1) {
      yield invalid(
        at,
        'version 1 of the KV engine has no versions and compares nothing, so a change by somebody else would be lost',
        'make it version 2 (vault kv enable-versioning MOUNT), or leave "rotate" out',
      )
    }
    if (entry.version !== undefined || (typeof first === 'object' && first.version !== undefined)) {
      yield invalid(
        at,
        'this ref is pinned to one version, so a new one would reach nobody',
        'remove "version", or leave "rotate" out',
      )
    }
  }
}

/** Two are used in turn: the idle one gets the new password while the other one is signed in with. */
function* judgeUsers(at: At, users: unknown): Generator<Problem> {
  if (!Array.isArray(users) || users.length < 2 || users[0] !== users[1]) return
  yield invalid(
    [...at, 'users', 1],
    'both users are the same, so that neither would be idle',
    'name two users with the same rights; for a single one there are the drivers "postgres" and "mysql"',
  )
}

interface About {
  ref: string
  /** The ref by whose value it is rotated. */
  admin: string
  placed: readonly PlacedRef[]
  patience: Patience
}

function* judgeAdmin(
  config: Config,
  at: At,
  { ref, admin, placed, patience }: About,
): Generator<Problem> {
  if (admin === ref) {
    yield invalid(at, 'this is the ref itself', 'leave "admin" out: it acts by what it replaces')
    return
  }
  if (placed.some((one) => one.ref === admin)) return
  const otherwise = defaultProviderOf(config)
  const hint = didYouMean(
    admin,
    placed.map((one) => one.ref),
    patience,
  )
  if (otherwise === undefined) {
    yield invalid(
      at,
      `nothing says where "${shownKey(admin)}" lies, by which this ref would be rotated`,
      hint ?? 'place it in "refMap", or in an environment',
    )
    return
  }
  if (isBound(config, admin)) return
  yield {
    ...invalid(
      at,
      `"${shownKey(admin)}" is placed nowhere and bound by nobody, so it is looked for in "${otherwise.name}" alone`,
      hint ?? 'place it in "refMap" where it is meant',
    ),
    severity: 'warning',
  }
}

function isBound(config: Config, ref: string): boolean {
  return [...agentsOf(config).values()]
    .flatMap(slotsOf)
    .some(({ credential }) => credential.secretRef === ref)
}

const WINDOWS =
  'such as "Sun 02:00-05:00 Europe/Berlin", "Mon-Fri 22:00-06:00" or "03:00-04:00"; without a zone it is UTC'

/** What is wrong, and how it is right. */
function wrongWindow({ fault, said }: WindowFault, patience: Patience): [string, string] {
  const shown = `"${shownKey(said)}"`
  switch (fault) {
    case 'form':
      return ['this is no window of time', WINDOWS]
    case 'day':
      return [
        `${shown} names no days of the week`,
        'Mon, Tue, Wed, Thu, Fri, Sat and Sun, in ranges and lists: "Mon-Fri", "Sat,Sun"; left out: every day',
      ]
    case 'time':
      return [`${shown} is no time of day here`, 'a window begins from 00:00 on, and ends by 24:00']
    case 'length':
      return [`${shown} ends when it begins`, 'leave "window" out for: at any time']
    case 'zone':
      return [
        `${shown} is no time zone that is known`,
        didYouMean(said, Intl.supportedValuesOf('timeZone'), patience) ??
          'write a name of the IANA database, as Europe/Berlin; without one it is UTC',
      ]
    default:
      throw new TypeError(`a fault without words: ${String(fault satisfies never)}`)
  }
}
