/** Control's end of a lister: starts the process, gives it the stores, takes names in as closed fields. */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { NAME } from '../../config/names.ts'
import { LIST_TIMEOUT_MS, MAX_NAMES, type Listing, type Order, type Store } from './listing.ts'
import { codeOf, countIn, isObject, matching } from '../metadata.ts'
import { HAS_PROC } from '../surroundings.ts'
import { valueProcess } from '../value-process.ts'

/** Of one name at its longest, in quotes; and of a store that has none. */
const BYTES_FOR_NAME = 132
const BYTES_FOR_STORE = 256
/** For the process itself to start and end around the time that its stores have. */
const GRACE_MS = 5000

/**
 * Asks each store for its names.
 * @returns one listing for each store, in order: `refused` for all where the lister failed as a whole
 */
export async function listStores(stores: readonly Store[]): Promise<readonly Listing[]> {
  if (stores.length === 0) return []
  const order: Order = { v: 1, stores, ...(HAS_PROC ? { gatewayPid: process.pid } : {}) }
  const text = await answerTo(order)
  return parseListings(text, stores.length) ?? stores.map(() => FAILED)
}

const FAILED: Listing = { outcome: 'refused', code: 'PROVIDER_INVALID' }

/** @returns what the lister wrote; empty where it wrote more than it may, or was too late */
function answerTo(order: Order): Promise<string> {
  const child = spawn(process.execPath, valueProcess('lister'), {
    // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
    env: {},
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  const pipe = child.pid === undefined ? undefined : child.stdio[3]
  child.once('error', () => resolve(''))
  // Where no descriptors were left, nothing was started; `error` tells.
  if (!(pipe instanceof Socket)) return promise
  const most = order.stores.length * (BYTES_FOR_STORE + MAX_NAMES * BYTES_FOR_NAME)
  let text = ''
  const giveUp = (): void => {
    text = ''
    pipe.destroy()
    child.kill('SIGKILL')
    resolve('')
  }
  const timer = setTimeout(giveUp, LIST_TIMEOUT_MS + GRACE_MS)
  pipe
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (text.length > most) giveUp()
    })
    .on('error', nothing)
  child.stdin?.on('error', nothing)
  child.once('close', () => {
    clearTimeout(timer)
    resolve(text)
  })
  child.stdin?.end(JSON.stringify(order))
  return promise
}

function nothing(): void {
  // It has ended; its silence says so.
}

/**
 * @param text what a lister sent
 * @param count how many stores it was asked for
 * @returns `undefined` where that breaks the contract anywhere
 */
export function parseListings(text: string, count: number): Listing[] | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(parsed) || parsed.length !== count) return undefined
  const listings = parsed.map(parseListing)
  return listings.every((listing) => listing !== undefined) ? listings : undefined
}

function parseListing(raw: unknown): Listing | undefined {
  if (!isObject(raw)) return undefined
  const listing = listingIn(raw)
  const spent = countIn(raw['spent'])
  return listing === undefined || spent === undefined ? listing : { ...listing, spent }
}

function listingIn(raw: Readonly<Record<string, unknown>>): Listing | undefined {
  const { outcome } = raw
  if (outcome === 'unlisted') return { outcome }
  if (outcome === 'refused') {
    const code = codeOf(raw['code'])
    return code && { outcome, code, ...(raw['reason'] === 'calls' ? { reason: 'calls' } : {}) }
  }
  if (outcome !== 'listed' || !Array.isArray(raw['names'])) return undefined
  const [hidden, more] = [countIn(raw['hidden']), countIn(raw['more'])]
  if (raw['names'].length > MAX_NAMES || hidden === undefined || more === undefined)
    return undefined
  const names = raw['names'].map((name) => matching(name, NAME))
  if (!names.every((name) => name !== undefined)) return undefined
  return { outcome, names, hidden, more }
}
