/**
 * Where leases lie, and whose they are. A lease file carries its gateway's pid, start time and pid namespace
 * in its name, as a private folder does, and the config that it belongs to: only that config says which
 * server its provider's name means.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf, SecretRefError } from '../../errors.ts'
import { shellWord } from '../../shell-word.ts'
import type { Home } from '../../state/home.ts'
import type { Gateway } from '../gateway.ts'
import { lives, ourselves, ownerOf } from '../live/sign.ts'
import type { Sheet } from '../sheet.ts'
import { pidNamespace } from '../surroundings.ts'

/** Owner (pid, start time, namespace), config, run, what tells its fetches apart, item, provider. */
const NAME =
  /^((\d+)-(\d+)-(\d+))\.([0-9a-f]{16})\.([a-z0-9]+-[0-9a-f]+)\.([0-9a-f]{8}\.\d+\.([A-Za-z0-9._-]+))\.(age|revoked)$/
/** Of a lease that could not be revoked, which is on record: whoever comes next tries again. */
const NOBODY = '0-0-0'
/** Whoever holds one shows a sign of life each minute. */
const SILENT_MS = 180_000

export interface LeaseName {
  /** Of the file. */
  name: string
  owner: string
  run: string
  provider: string
  /** True: its lease is revoked, and that is to go on record. */
  revoked: boolean
  /** True: that it could not be revoked is on record. */
  told: boolean
}

/** For the sheet of one fetch. */
export function leasePlace(
  { home, loaded }: Pick<Gateway, 'home' | 'loaded'>,
  run: string,
): Sheet['leases'] {
  const fetch = randomBytes(4).toString('hex')
  const name = `${ourselves()}.${configOf(loaded.path)}.${run}.${fetch}`
  return { at: join(home.leases, name), key: home.leaseKey }
}

/** The same place, for a process of its own: with its end what is left there has no owner any more. */
export function ownedBy({ at, key }: Sheet['leases'], pid: number): Sheet['leases'] {
  const name = basename(at)
  return { at: join(dirname(at), `${ownerOf(pid)}${name.slice(name.indexOf('.'))}`), key }
}

function configOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

/** What has been issued for one fetch, once its resolver has answered or ended. */
export function issuedFor({ at }: Sheet['leases']): LeaseName[] {
  const start = `${basename(at)}.`
  return namesIn(dirname(at)).flatMap((name) => {
    const read = name.startsWith(start) ? parse(name) : undefined
    return read === undefined || read.revoked ? [] : [read]
  })
}

/**
 * Leases of this config whose gateway is dead, or gave them up. What could not be revoked before comes last:
 * it must not keep the others from their turn.
 */
export function abandonedLeases({ home, loaded }: Pick<Gateway, 'home' | 'loaded'>): LeaseName[] {
  const dir = home.leases
  const config = configOf(loaded.path)
  const left = namesIn(dir).flatMap((name) => {
    const read = name.includes(`.${config}.`) ? parse(name) : undefined
    return read === undefined || isOwned(home, read) ? [] : [read]
  })
  return left.toSorted((one, other) => Number(one.told) - Number(other.told))
}

/**
 * Takes it over: of several processes that want it, one.
 *
 * @returns its new name; `undefined` where another was faster, or it is over by now
 */
export function claim(home: Home, lease: LeaseName): LeaseName | undefined {
  return renamed(home, lease, ourselves())
}

/** That it could not be revoked is on record: the next start tries again. */
export function giveBack(home: Home, lease: LeaseName): void {
  renamed(home, lease, NOBODY)
}

export function removeMark(home: Home, mark: string): void {
  rmSync(join(home.leases, mark), { force: true })
}

function renamed(home: Home, lease: LeaseName, owner: string): LeaseName | undefined {
  const dir = home.leases
  const name = `${owner}${lease.name.slice(lease.owner.length)}`
  try {
    renameSync(join(dir, lease.name), join(dir, name))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return undefined
  }
  return { ...lease, name, owner }
}

function parse(name: string): LeaseName | undefined {
  const [, owner, , , , config, run, , provider, kind] = NAME.exec(name) ?? []
  if (owner === undefined || config === undefined || run === undefined) return undefined
  if (provider === undefined) return undefined
  return { name, owner, run, provider, revoked: kind === 'revoked', told: owner === NOBODY }
}

function isOwned(home: Home, { name, owner, told }: LeaseName): boolean {
  if (told) return false
  if (lives(home, owner)) return true
  if (owner.endsWith(`-${pidNamespace()}`)) return false
  // Another container's, whose pids we do not see: its keeper, or the rotator that acts by it, touches what it
  // holds, also when its gateway is dead. What was touched in the time to come says nothing: the clock was set back.
  try {
    const silent = Date.now() - statSync(join(home.leases, name)).mtimeMs
    return silent > -SILENT_MS && silent < SILENT_MS
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return true
  }
}

/** None where no lease can lie. @throws DELIVERY_FAILED where that cannot be seen */
function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return []
    throw new SecretRefError('DELIVERY_FAILED', `the leases in ${dir} cannot be seen`, {
      scope: 'agent',
      hint: `is it yours? chmod 700 ${shellWord(dir)}`,
      cause: error,
    })
  }
}
