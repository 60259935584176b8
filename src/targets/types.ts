/**
 * The catalogue's shape: what is known of the services that credentials are for. Pure data.
 *
 * `seen`: the fact stands in a source that is named. `known`: it is remembered, shown to people with that
 * mark, and no code acts on it: nothing is verified, rotated or refused on a guess.
 */
export type Confidence = 'seen' | 'known'

export interface Target {
  /** Unique: `stripe`, `slack-webhook`. */
  id: string
  service: string
  category: string
  /** `api-key`, `webhook-url`… */
  kind: string
  env: readonly { name: string; confidence: Confidence }[]
  pattern?: Pattern
  hosts: readonly { name: string; confidence: Confidence }[]
  auth?: Auth
  verify?: Verify
  expiry: { kind: string; how: string; confidence: Confidence }
  rotate: Rotate
  docs?: string
  notes?: string
  /** Companion variables that the credential is of no use without. */
  companions?: readonly string[]
  deprecated?: string
  /** Tokens such as `trufflehog:stripe`, resolved in docs/targets.md. */
  sources: readonly string[]
}

export interface Pattern {
  /** Anchored at both ends, every repetition bounded. */
  regex: string
  /** `prefixed`: recognises the kind; `shape`: length and alphabet only, fit to reject, never to name. */
  strength: 'prefixed' | 'shape'
  example: string
  confidence: Confidence
  /** Ids of other targets whose example this pattern takes too. */
  overlaps: readonly string[]
}

export interface Auth {
  type: string
  name: string
  /** `Bearer {value}`; `{NAME}` is a companion variable, `{lower case}` a setting. */
  format: string
  confidence: Confidence
}

/** One cheap call that changes nothing. `{value}`, `{NAME}` and `{setting}` as in `Auth.format`. */
export interface Verify {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  /** The only host the value may go to. Absent: self-hosted, and a trusted config must say where. */
  host?: string
  path: string
  headers?: Readonly<Record<string, string>>
  body?: string
  /** In order, the first that fits decides; where none fits: cannot tell. */
  rules: readonly Rule[]
  /** A header of the answer that says when the credential ends. */
  expiryHeader?: string
  confidence: Confidence
  note?: string
}

export interface Rule {
  status: readonly number[]
  /** What the JSON body must say at an RFC 6901 pointer, or the text contain. */
  body?:
    | { pointer: string; is: 'present' | 'absent' }
    | { pointer: string; equals: string | number | boolean | null }
    | { contains: string }
  verdict: Verdict
}
export const VERDICTS = [
  'valid',
  'rejected',
  'no-permission',
  'cannot-tell',
  'unreachable',
] as const
export type Verdict = (typeof VERDICTS)[number]

export interface Rotate {
  mode: string
  how: string
  overlap: string
  confidence: Confidence
  needs?: string
  pitfall?: string
  [more: string]: unknown
}
