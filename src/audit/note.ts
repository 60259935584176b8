/**
 * Signed checkpoints: how many records a log has and the root of their tree, signed with Ed25519.
 * Formats: c2sp.org/signed-note and c2sp.org/tlog-checkpoint, which any tool for transparency logs
 * reads. Pure.
 */
import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'

export interface Checkpoint {
  /** Which log. */
  origin: string
  /** Records. */
  size: number
  /** Of their tree, lower-case hex; base64 on the wire. */
  root: string
}

export interface Signature {
  name: string
  /** Eight hex digits. */
  keyId: string
  signature: Buffer
}

export interface Note {
  /** What was signed, with its last newline. */
  text: string
  signatures: readonly Signature[]
}

export interface VerifierKey {
  name: string
  /** Eight hex digits. */
  keyId: string
  publicKey: KeyObject
}

/** Of the signature's algorithm: Ed25519. */
const ED25519 = 1
const KEY_BYTES = 32
const HASH_BYTES = 32
const KEY_ID_BYTES = 4
/** Sixteen are to be accepted at least; more is no checkpoint of ours. */
const MAX_SIGNATURES = 64
const NAME = /^[^\p{White_Space}+]+$/u
/** All below U+0020 but the newline. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/
const SIGNATURE_LINE = '— '
const SIZE = /^(?:0|[1-9]\d*)$/
/** Of a note's text in a file of notes, and of one signature line, in UTF-16 units. */
const MAX_TEXT = 16 * 1024

/** The text that is to be signed. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n`
}

/** Undefined where the text is no checkpoint. Extension lines may follow and mean nothing to us. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  if (!text.endsWith('\n') || CONTROL.test(text)) return undefined
  const lines = text.slice(0, -1).split('\n')
  const [origin, size, root64] = lines
  if (origin === undefined || size === undefined || root64 === undefined) return undefined
  if (lines.some((line) => line === '') || !SIZE.test(size)) return undefined
  const root = fromBase64(root64)
  if (root?.length !== HASH_BYTES || !Number.isSafeInteger(Number(size))) return undefined
  return { origin, size: Number(size), root: root.toString('hex') }
}

/** The note: the text, an empty line, one signature. The text ends with a newline. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  const keyId = keyIdOf(name, rawOf(createPublicKey(privateKey)))
  const signature = Buffer.concat([keyId, sign(null, Buffer.from(text), privateKey)])
  return `${text}\n${SIGNATURE_LINE}${name} ${signature.toString('base64')}\n`
}

/** Undefined where it is no signed note. Says nothing of whether a signature is good. */
export function parseNote(note: string): Note | undefined {
  if (CONTROL.test(note) || !note.endsWith('\n') || !note.isWellFormed()) return undefined
  const end = note.lastIndexOf('\n\n')
  const lines = note.slice(end + 2, -1).split('\n')
  if (end < 0 || lines.length > MAX_SIGNATURES) return undefined
  const signatures = []
  for (const line of lines) {
    const signature = parseSignature(line)
    if (signature === undefined) return undefined
    signatures.push(signature)
  }
  return { text: note.slice(0, end + 1), signatures }
}

/**
 * What this very key has to do with a note. Signatures of other keys mean nothing; one that names this
 * key and is bad spoils the note.
 */
export function signatureOf(note: Note, key: VerifierKey): 'good' | 'bad' | 'none' {
  const { good, bad } = signaturesBy(note, key)
  if (bad > 0) return 'bad'
  return good > 0 ? 'good' : 'none'
}

/** How many of a note's signatures name this very key and are good, and how many are not. */
export function signaturesBy(
  { text, signatures }: Note,
  key: VerifierKey,
): { good: number; bad: number } {
  const signed = Buffer.from(text)
  const ours = signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId)
  const good = ours.filter(({ signature }) => verify(null, signed, key.publicKey, signature)).length
  return { good, bad: ours.length - good }
}

/** True where this very key signed the note. `vkey`: as `verifierKey` makes it; false where it is none. */
export function verifyNote(note: string, vkey: string): boolean {
  const key = parseVerifierKey(vkey)
  const parsed = parseNote(note)
  return key !== undefined && parsed !== undefined && signatureOf(parsed, key) === 'good'
}

/** A public key as text: `name+key id+base64(0x01 ‖ key)`. */
export function verifierKey(name: string, publicKey: KeyObject): string {
  const raw = rawOf(publicKey)
  const key = Buffer.concat([Buffer.from([ED25519]), raw]).toString('base64')
  return `${name}+${keyIdOf(name, raw).toString('hex')}+${key}`
}

/** Undefined where it is no such text, or its parts do not fit each other. */
export function parseVerifierKey(vkey: string): VerifierKey | undefined {
  const [, name, keyId, key64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? []
  if (name === undefined || keyId === undefined || key64 === undefined) return undefined
  const key = fromBase64(key64)
  if (key?.length !== 1 + KEY_BYTES || key[0] !== ED25519 || !NAME.test(name)) return undefined
  const raw = key.subarray(1)
  if (keyIdOf(name, raw).toString('hex') !== keyId) return undefined
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }
  return { name, keyId, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) }
}

/**
 * What a file of notes holds, in order: whole notes, and pieces that are none. Empty lines between them
 * belong to nothing. Whatever stands before a note hides no part of it, be it on the same line, such as
 * what is left of a note that was torn; nor does what was put behind it: signature lines are taken as
 * long as they are some. A line may so be a part of two pieces.
 */
export function notesIn(file: string): string[] {
  const pieces: string[] = []
  let done = 0
  const restUntil = (end: number): void => {
    const rest = file.slice(done, end)
    if (/[^\n]/.test(rest)) pieces.push(rest)
  }
  let next = 0
  for (;;) {
    const empty = file.indexOf(`\n\n${SIGNATURE_LINE}`, next)
    if (empty < 0) break
    const { end, names } = signaturesAt(file, empty + 2)
    next = Math.max(end - 1, empty + 2)
    const start = names.length === 0 ? undefined : startOfText(file, empty, names)
    if (start === undefined) continue
    restUntil(start)
    pieces.push(file.slice(start, end))
    done = end
  }
  restUntil(file.length)
  return pieces
}

/** The signature lines from here on, and whose they are. */
function signaturesAt(file: string, from: number): { end: number; names: string[] } {
  const names: string[] = []
  let end = from
  while (names.length < MAX_SIGNATURES && file.startsWith(SIGNATURE_LINE, end)) {
    const newline = file.indexOf('\n', end)
    if (newline < 0 || newline - end > MAX_TEXT) break
    const line = file.slice(end, newline)
    const signature = CONTROL.test(line) ? undefined : parseSignature(line)
    if (signature === undefined) break
    names.push(signature.name)
    end = newline + 1
  }
  return { end, names }
}

/**
 * Where the text begins that ends before this empty line: the nearest three lines that are a checkpoint
 * by one of these names, as ours are; else the nearest that are one of any name.
 */
function startOfText(file: string, empty: number, names: readonly string[]): number | undefined {
  const paragraph = file.lastIndexOf('\n\n', empty - 1)
  const from = Math.max(paragraph < 0 ? 0 : paragraph + 2, empty - MAX_TEXT)
  const lines = file.slice(from, empty).split('\n')
  let [end, unnamed]: [number, number | undefined] = [empty, undefined]
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? ''
    const start = end - line.length
    end = start - 1
    const [size, root] = [lines[at + 1], lines[at + 2]]
    if (size === undefined || root === undefined || !isCheckpoint(size, root)) continue
    const name = longest(names.filter((one) => line.endsWith(one)))
    if (name !== undefined) return start + line.length - name.length
    unnamed ??= start
  }
  return unnamed
}

function isCheckpoint(size: string, root: string): boolean {
  return SIZE.test(size) && fromBase64(root)?.length === HASH_BYTES
}

function longest(names: readonly string[]): string | undefined {
  return names.toSorted((one, other) => other.length - one.length)[0]
}

/** SHA-256(name ‖ newline ‖ algorithm ‖ key), the first four bytes. */
function keyIdOf(name: string, raw: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), raw])
  return hash('sha256', bytes, 'buffer').subarray(0, KEY_ID_BYTES)
}

function rawOf(publicKey: KeyObject): Buffer {
  const { crv, x } = publicKey.export({ format: 'jwk' })
  if (crv !== 'Ed25519' || x === undefined) throw new TypeError('not an Ed25519 key')
  return Buffer.from(x, 'base64url')
}

function parseSignature(line: string): Signature | undefined {
  const [mark, name, signature64, more] = line.split(' ')
  if (mark !== '—' || name === undefined || signature64 === undefined || more !== undefined) {
    return undefined
  }
  const bytes = fromBase64(signature64)
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES || !NAME.test(name)) return undefined
  return {
    name,
    keyId: bytes.toString('hex', 0, KEY_ID_BYTES),
    signature: bytes.subarray(KEY_ID_BYTES),
  }
}

/** Only what this very text stands for: Node's own decoder passes over what it does not know. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
