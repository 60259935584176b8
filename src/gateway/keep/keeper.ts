/** Control's end of a keeper: versions of one stored value, seen and changed without the value. */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import {
  codeOf,
  countIn,
  dateIn,
  isObject,
  matching,
  VERSION,
  objectIn,
  textsIn,
} from '../metadata.ts'
import { isFailureReason } from '../../policy/reasons.ts'
import { valueProcess } from '../value-process.ts'
import { KEEP_FAULTS, STAGES, type KeepOrder, type Kept, type KeptVersion } from './words.ts'

const MAX_BYTES = 64 * 1024
const TIMEOUT_MS = 15_000

/** `undefined` where it said nothing in time, or what it may not. */
export function askKeeper(order: KeepOrder): Promise<Kept | undefined> {
  const child = spawn(process.execPath, valueProcess('keeper'), {
    // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const { promise, resolve } = Promise.withResolvers<Kept | undefined>()
  child.once('error', () => resolve(undefined))
  const pipe = child.pid === undefined ? undefined : child.stdio[3]
  // Where there were no descriptors left, nothing was started; `error` tells.
  if (!(pipe instanceof Socket)) return promise
  let text = ''
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  pipe
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (text.length > MAX_BYTES) child.kill('SIGKILL')
    })
    // It has ended; its silence says so.
    .on('error', () => {})
  child.once('close', () => {
    clearTimeout(timer)
    resolve(parseKept(text, order))
  })
  pipe.write(`${JSON.stringify(order)}\n`)
  return promise
}

/**
 * @param text what a keeper sent
 * @returns `undefined` where that breaks the contract
 */
export function parseKept(text: string, order: KeepOrder): Kept | undefined {
  const parsed = objectIn(text, MAX_BYTES)
  const kept = parsed && keptIn(parsed, order)
  if (parsed === undefined || kept === undefined) return undefined
  const spent = countIn(parsed['spent'])
  return spent === undefined ? kept : { ...kept, spent }
}

function keptIn(parsed: Readonly<Record<string, unknown>>, order: KeepOrder): Kept | undefined {
  if (parsed['type'] === 'history' && order.action.kind === 'history') {
    if (!Array.isArray(parsed['versions'])) return undefined
    const versions = parsed['versions'].map(parseVersion)
    return versions.every((one) => one !== undefined) ? { type: 'history', versions } : undefined
  }
  if (parsed['type'] === 'changed' && order.action.kind !== 'history') {
    const [from, to, of] = ['from', 'to', 'of'].map((key) => matching(parsed[key], VERSION))
    return {
      type: 'changed',
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(of === undefined ? {} : { of }),
      ...(parsed['undropped'] === true ? { undropped: true } : {}),
    }
  }
  if (parsed['type'] !== 'failed') return undefined
  const code = codeOf(parsed['code'])
  const what = KEEP_FAULTS.find((fault) => fault === parsed['what'])
  if (code === undefined || what === undefined) return undefined
  const { reason, place } = parsed
  const places = [...textsIn(order.options), `${String(order.options['path'])}.lock`, order.at.path]
  return {
    type: 'failed',
    what,
    code,
    ...(isFailureReason(reason) ? { reason } : {}),
    ...(typeof place === 'string' && places.includes(place) ? { place } : {}),
  }
}

function parseVersion(raw: unknown): KeptVersion | undefined {
  if (!isObject(raw)) return undefined
  const version = matching(raw['version'], VERSION)
  const { stages } = raw
  if (version === undefined || !Array.isArray(stages)) return undefined
  const createdAt = dateIn(raw['createdAt'])
  const expiresAt = dateIn(raw['expiresAt'])
  return {
    version,
    stages: STAGES.filter((stage) => stages.includes(stage)),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}
