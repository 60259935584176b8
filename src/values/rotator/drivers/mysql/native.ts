/** What a server keeps of a password in `mysql_native_password` (mariadb.com/docs, "PASSWORD"). */
import { createHash } from 'node:crypto'
import { wipe } from '../../../secret/bytes.ts'

/** @returns `*` and 40 digits: SHA-1 of SHA-1. It is of use only to who gets it back from the server's side. */
export function nativeHashOf(password: Buffer): string {
  const once = createHash('sha1').update(password).digest()
  const twice = createHash('sha1').update(once).digest('hex')
  wipe(once)
  return `*${twice.toUpperCase()}`
}
