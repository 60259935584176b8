/** A password that we choose. */
import { randomInt } from 'node:crypto'
import { allocate } from '../../../secret/bytes.ts'

/** The same in a URL, in SQL and in a shell. */
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
/** 240 bits. */
const LENGTH = 40
/** One of each kind, which a server's own policy may ask for. */
const KINDS = [/[A-Z]/, /[a-z]/, /[0-9]/, /[-_]/] as const
/** No word for an option, to whatever program it may be given. */
const FIRST = /^[A-Za-z0-9]/

/** The caller wipes it. */
export function newPassword(): Buffer {
  const password = allocate(LENGTH)
  // Three of four are as they should be: the next one is drawn whole, so that no character is likelier.
  do {
    for (let at = 0; at < LENGTH; at += 1) password[at] = ALPHABET[randomInt(ALPHABET.length)] ?? 0
  } while (!isFit(password))
  return password
}

function isFit(password: Buffer): boolean {
  const text = password.toString('latin1')
  return FIRST.test(text) && KINDS.every((kind) => kind.test(text))
}
