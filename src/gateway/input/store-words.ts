/**
 * The words that control and the locksmith exchange, one JSON line each way. Types and closed lists only:
 * read in both wings, and nothing in it can carry a value. A passphrase comes in on the locksmith's fd 0.
 */
import type { Code } from '../../errors.ts'
import type { InputFault } from './set-words.ts'

/** An X25519 recipient of age: a public key. */
export const RECIPIENT = /^age1[a-z0-9]{58}$/

export const KEY_KINDS = ['file', 'keychain', 'passphrase'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

export type StoreAction =
  | { kind: 'init'; key: KeyKind; recipients: readonly string[] }
  | {
      kind: 'rekey'
      /** Left out: the kind that the store has. */
      to?: KeyKind
      /** Absolute: where a key lies that is to lie in a file. */
      keyFile: string
    }
  | { kind: 'recipients' }
  | { kind: 'add' | 'remove'; recipient: string }
  | {
      kind: 'import'
      /** Absolute: a JSON file of names and values. */
      path: string
      /** Names in that file that the store is to know by another name. */
      names: Readonly<Record<string, string>>
      /** Absolute: the config, which is searched for the values too. */
      config?: string
      /** What is on record of imports of a file that is not there: one that ended, operations that did not. */
      before?: { moved: boolean; unfinished: readonly string[] }
    }

export interface StoreOrder {
  v: 1
  options: Readonly<Record<string, unknown>>
  /** Whose variables the store may see, where there is a /proc to read them from. */
  gatewayPid?: number
  fingerprintKey: string
  /** An id of this one change. */
  operation: string
  /** Whether the terminal can be told to mark where a paste begins and ends. */
  pasteMarks: boolean
  action: StoreAction
}

export interface ImportedItem {
  name: string
  version: string
  fingerprint: string
  /** It was in the store before. */
  already: boolean
}

/**
 * `exists`: there is a store; `absent`: there is none; `no-file`: what is to be moved is not there, and
 * never was as far as anybody knows; `passphrase`: it has no recipients; `recipient`:
 * no age recipient; `known`: it is on the list; `unknown`: it is not; `own`: it is the store's own key;
 * `others`: it has recipients, and a passphrase is to seal it;
 * `differs`: two passphrases that were typed; `occupied`: the store holds another value under `name`;
 * `name`: what the store would not take as a name; `twice`: two names in the file become one;
 * `changed`: the file is no longer what was read; `unequal`: what was read back is not what was written.
 */
export const STORE_FAULTS = [
  'store',
  'no-key',
  'conflict',
  'unknown-outcome',
  'exists',
  'absent',
  'no-file',
  'passphrase',
  'recipient',
  'known',
  'unknown',
  'own',
  'others',
  'differs',
  'occupied',
  'name',
  'twice',
  'changed',
  'unequal',
  'not-removed',
] as const
export type StoreFault = (typeof STORE_FAULTS)[number]

export type StoreReport =
  | {
      type: 'keyed'
      key: KeyKind
      own: readonly string[]
      others: readonly string[]
      /** What opened it before, where that was another kind. */
      from?: KeyKind
    }
  | {
      type: 'imported'
      items: readonly ImportedItem[]
      /** False where there was no such file. */
      there: boolean
      /** Files that were searched for the values, of which so many still hold one. */
      searched: number
      left: number
      unreadable: number
      inConfig: boolean
      /** Names of those files in the folder, ten at most; one that holds a value is left out. */
      places: readonly string[]
    }
  | { type: 'refused'; fault: InputFault }
  | {
      type: 'failed'
      what: StoreFault
      code: Code
      reason?: string
      place?: string
      name?: string
    }
