/** Control's end of a scanner, which searches files for credentials and reports where, never what. */
import { SecretRefError } from '../errors.ts'
import type { Finding } from '../findings/types.ts'
import type { Home } from '../state/home.ts'

/** A value that is known by its fingerprint, and the name of the ref it belongs to. */
export interface KnownValue {
  /** `hmac-sha256:…`, under this installation's key. */
  fingerprint: string
  ref: string
}

export interface ScanOptions {
  /** Its fingerprint key is used, and made where there is none. */
  home: Home
  known?: readonly KnownValue[]
  /** Also what `.gitignore` leaves out, and `.git` and `node_modules`. */
  all?: boolean
}

/**
 * What is found in files and folders: `credential`, `known-value`, `skipped`, `unreadable`.
 *
 * @param paths absolute
 * @throws SecretRefError where the search as a whole failed
 */
export async function scanFiles(
  _paths: readonly string[],
  _options: ScanOptions,
): Promise<readonly Finding[]> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
