/** Logs with segments and signed checkpoints, made of the pure parts alone: no writer, no clock. */
import { createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { EMPTY, link, type Tip } from '../../src/audit/chain.ts'
import { leafHash, originOf } from '../../src/audit/hash.ts'
import { EMPTY_RANGE, rootOf, type Range } from '../../src/audit/merkle.ts'
import { checkpointText, signNote, verifierKey } from '../../src/audit/note.ts'
import type { Entry } from '../../src/audit/record.ts'
import { closedPath } from '../../src/audit/segments.ts'
import type { Home } from '../../src/state/home.ts'
import { entry } from './home.ts'

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in PKCS#8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The same key for the same words, so that what is signed is the same in every run. */
export function keyOf(words: string): KeyObject {
  const seed = hash('sha256', words, 'buffer')
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
}

export interface SignedLog {
  /** Each with its newline. */
  lines: readonly string[]
  /** Number of each segment's first record. */
  firsts: readonly number[]
  head: Tip
  origin: string
  vkey: string
  key: KeyObject
  /** By size. */
  ranges: readonly Range[]
  /** The checkpoint of the first so many records. */
  note(size: number): string
}

export interface Plan {
  records: number
  /** Records that begin a segment, the first left out. */
  segments?: readonly number[]
  key?: KeyObject
  /** What record `seq` says; left out: something of its own for each. */
  say?: (seq: number) => Entry
}

export const KEY = keyOf('the key of a test log')
const BEGUN = Date.UTC(2026, 10, 24, 8)

export function signedLog({ records, segments = [], key = KEY, say = said }: Plan): SignedLog {
  const lines: string[] = []
  const ranges: Range[] = [EMPTY_RANGE]
  const firsts = [1]
  let head = EMPTY
  let origin = ''
  for (let seq = 1; seq <= records; seq++) {
    const rolls = segments.includes(seq)
    const made = rolls ? continued(head, firsts.at(-1) ?? 1, origin) : say(seq)
    if (rolls) firsts.push(seq)
    const linked = link([made], head, new Date(BEGUN + 1000 * seq).toISOString())
    head = linked.head
    const line = linked.bytes.toString()
    if (seq === 1) origin = originOf(leafHash(line.trimEnd()))
    lines.push(line)
    ranges.push(head.range)
  }
  const note = (size: number): string => {
    const root = rootOf(ranges[size] ?? EMPTY_RANGE)
    return signNote(checkpointText({ origin, size, root }), origin, key)
  }
  const vkey = verifierKey(origin, createPublicKey(key))
  return { lines, firsts, head, origin, vkey, key, ranges, note }
}

export function said(seq: number): Entry {
  if (seq === 1) return { event: 'log.opened', actor: entry().actor }
  return entry({ count: seq, ref: 'stripe-api-key', reason: '支付 "\u202e" 😀' })
}

/** The files of its segments, by name. */
export function filesOf({ lines, firsts }: SignedLog, home: Home): Map<string, string> {
  const files = new Map<string, string>()
  for (const [at, first] of firsts.entries()) {
    const next = firsts[at + 1]
    const path = next === undefined ? home.auditLog : closedPath(home.auditLog, first)
    files.set(path, lines.slice(first - 1, next === undefined ? undefined : next - 1).join(''))
  }
  return files
}

/** Puts a log where one in use would be, with these checkpoints and its key. */
export function place(log: SignedLog, home: Home, checkpoints: readonly number[] = []): void {
  mkdirSync(home.keys, { recursive: true, mode: 0o700 })
  for (const [path, text] of filesOf(log, home)) write(path, text)
  write(home.checkpointKey, log.key.export({ type: 'pkcs8', format: 'pem' }).toString())
  if (checkpoints.length > 0) {
    write(home.checkpoints, checkpoints.map((size) => log.note(size)).join(''))
    write(home.checkpoint, log.note(checkpoints.at(-1) ?? 0))
  }
}

export function write(path: string, text: string | Uint8Array): void {
  writeFileSync(path, text, { mode: 0o600 })
}

function continued(tip: Tip, first: number, origin: string): Entry {
  const file = basename(closedPath('audit.log', first))
  const range = tip.range.hashes.join(' ')
  return {
    event: 'log.continued',
    actor: entry().actor,
    detail: { file, first, size: tip.seq, range, origin },
  }
}
