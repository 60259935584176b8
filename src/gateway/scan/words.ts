/**
 * The words that control and the scanner exchange, one JSON line each. Types and closed lists: this file
 * is read in both wings, and nothing in it can carry a value.
 *
 * control → scanner (its fd 3): the instruction.
 * scanner → control (its fd 3): any number of messages, the last one `end` or `failed`.
 */
import type { Code } from '../../errors.ts'

export interface ScanInstruction {
  v: 1
  /** Absolute, without symbolic links, as `pathText` has them; so is each `file` of a message. */
  paths: readonly string[]
  all: boolean
  /** Absolute path of the key for fingerprints; made on first use, in the value wing. */
  fingerprintKey: string
  /** What is looked for by fingerprint; a message names one by its place in this list. */
  known: readonly string[]
}

/** What is found by rules that are not the catalogue's: they know a service, or no service at all. */
export const OTHER_KINDS = [
  'private-key',
  'jwt',
  'basic-auth',
  'database-connection-string',
  'aws',
  'gcp',
  'npm',
  'slack',
  'sendgrid',
  'shopify',
  'stripe',
  'github',
  'gitlab',
  'grafana',
  'openai',
  'anthropic',
  'groq',
  'huggingface',
  'linear',
  'notion',
  '1password',
  'hashicorp-vault',
  'vercel',
  'databricks',
  'docker',
  'figma',
  'cloudflare',
  'tailscale',
] as const
export type OtherKind = (typeof OTHER_KINDS)[number]

/** Of a kind in `targets/literals.ts`: `private key (PEM)` is `private-key`. */
export function idOfKind(kind: string): string {
  return kind
    .replace(/ \(.*\)$/, '')
    .replaceAll(' ', '-')
    .toLowerCase()
}

/** Why a file was not searched. */
export const SKIPS = ['binary', 'huge', 'special'] as const
export type Skip = (typeof SKIPS)[number]

/** `pattern`: a form that is recognised; `assigned`: a plausible value for a name such as `*_KEY`. */
export const HIT_KINDS = ['pattern', 'assigned', 'known'] as const
export type HitKind = (typeof HIT_KINDS)[number]

export interface Hit {
  kind: HitKind
  /** From 1, in UTF-16 code units. */
  line: number
  column: number
  /** Targets or other kinds that fit; sorted. */
  ids: readonly string[]
  /** Which of the instruction's `known` it is. */
  known: readonly number[]
  /** Of the value, under the installation's key. */
  fingerprint: string
}

export interface Totals {
  /** Files that were searched, and their bytes. */
  files: number
  bytes: number
  /** Files and folders that `.gitignore`, `.git` or `node_modules` left out. */
  leftOut: number
  /** Files that were searched although git ignores them. */
  searchedAnyway: number
  /** Credentials beyond what is listed of one file. */
  unlisted: number
  /** Files in which not every text could be compared with the known values. */
  uncompared: number
  /** `.gitignore` files that had no say: another user's, or too large. */
  notFollowed: number
  /** Folders in which the patterns of such files took too long, so that more was searched. */
  unmatched: number
  /** Symbolic links in folders, which are not followed. */
  links: number
}

export type ScanMessage =
  | ({ type: 'hit'; file: string } & Hit)
  | { type: 'skipped'; file: string; why: Skip }
  | { type: 'unreadable'; file: string }
  /** A sign of life, and what is being searched now. */
  | { type: 'at'; file: string; files: number; bytes: number }
  | ({ type: 'end' } & Totals)
  | { type: 'failed'; code: Code }
