/**
 * The catalogue's shape: what is known of the services that credentials are for. Pure data; what each
 * field means to a person is in docs/targets.md, and scripts/generate/targets.ts checks the data.
 *
 * `seen`: the fact stands in a source that is named. `known`: it is remembered, shown to people with that
 * mark, and no code acts on it: nothing is verified, rotated or refused on a guess. Code that acts asks
 * `verifyOf`, `hostsOf` and `rotateOf` (lookup.ts), which leave out what is only known.
 */
export type Confidence = 'seen' | 'known'

export interface Target {
  /** Unique: `stripe-secret-key`, `slack-webhook`. */
  id: string
  service: string
  category: string
  /** `api-key`, `webhook-url`… */
  kind: string
  /** The variables that usually hold it. */
  env: readonly Variable[]
  pattern?: Pattern
  /** Where it may be sent: a host name, whose first label may be or hold `*` (hosts.ts). */
  hosts: readonly { name: string; confidence: Confidence }[]
  /** The service, or its like, also runs on servers of one's own, whose names nobody else can know. */
  selfHosted?: true
  auth: Auth
  verify?: Verify
  /** Absent: nothing is known. */
  expiry?: Expiry
  /** Absent: nothing is known. */
  rotate?: Rotate
  docs?: { url: string; confidence: Confidence }
  notes?: string
  /** What the credential is of no use without, and the variables that usually hold it. */
  companions?: readonly Companion[]
  /** Places of OpenClaw's configuration that take this kind, as its SecretRef surface lists them. */
  openclaw?: readonly string[]
  /** Since when, or what came after it. */
  deprecated?: string
  /** Of the entry's best evidence. */
  confidence: Confidence
  /** Tokens such as `trufflehog:stripe`, resolved in docs/targets.md. */
  sources: readonly string[]
}

export interface Variable {
  name: string
  confidence: Confidence
  /** Of several kinds that share the variable, the one whose facts hold for all of them. */
  usual?: true
}

export interface Companion {
  /** The variable. */
  name: string
  what: string
  secret: boolean
  /** Of the variable: one that is only known is no ground to send to a service what is bound to it. */
  confidence: Confidence
}

export interface Pattern {
  /** Anchored at both ends, every repetition bounded, no look-around. */
  regex: string
  /** `prefixed`: recognises the kind; `shape`: length and alphabet only, fit to reject, never to name. */
  strength: 'prefixed' | 'shape'
  /** Invented; `x{24}` stands for 24 times `x`, so that no scanner takes the catalogue for a leak. */
  example: string
  confidence: Confidence
  /** `prefixed` only: ids of other targets that this pattern takes too. A value then has several candidates. */
  overlaps?: readonly string[]
}

/** How the service wants to be shown the credential, in words: for people. Requests are made from `Verify`. */
export interface Auth {
  type: 'bearer' | 'header' | 'basic' | 'query' | 'aws-sigv4' | 'custom'
  name: string
  format: string
  confidence: Confidence
}

/**
 * One cheap call that changes nothing. It is whole: `auth` is not needed to make it.
 *
 * Placeholders, in `host`, `path`, `headers`, `basic` and `body`:
 * `{value}` the credential; `{NAME}` the companion of that name; `{path}` path and query, without the
 * first slash, of a credential that is itself an https URL, whose host must be `host`; `{lower-case}`
 * (in `host` only) a label that a trusted config must state by giving the whole base URL.
 * Whoever fills one in encodes it for its place: percent-encoded in a path, a query and a form body, as a
 * JSON string's content in a JSON body, as it is in a header and in `basic`; `{path}` stands as it is.
 */
export interface Verify {
  method: 'GET' | 'HEAD' | 'POST'
  /**
   * The only host that the value may go to. Absent: self-hosted, and a trusted config must say where.
   * With `{lower-case}` labels: a base URL from a trusted config, whose host `hostFits` (hosts.ts).
   */
  host?: string
  /**
   * Other hosts of the service, of another region or a sandbox, that know credentials which this one does
   * not. `verifyOf` makes a rejection uncertain then, unless a config says which host it is.
   */
  elsewhere?: readonly string[]
  /** With its query. */
  path: string
  /** Names in lower case. */
  headers?: Readonly<Record<string, string>>
  /** `user:password`, sent as `authorization: Basic` and base64 (RFC 7617). */
  basic?: string
  body?: string
  /**
   * The request must be signed by a method of its own, which a template cannot say. `verifyOf` leaves
   * these out until somebody writes the signer.
   */
  signing?: 'aws-sigv4' | 'jwt-rs256' | 'jwt-es256' | 'service'
  /** In order, the first that fits decides; where none fits: cannot tell. */
  rules: readonly Rule[]
  /** A header of the answer that says when the credential ends; absent in the answer: it does not end. */
  expiryHeader?: string
  /** What the call costs: `token` mints a short-lived token that is thrown away, `quota` is counted or billed. */
  effect?: 'token' | 'quota'
  confidence: Confidence
  note?: string
}

/** Fits where the status is listed and, if it has a `body`, what that says is so. */
export interface Rule {
  status: readonly number[]
  body?: BodyCondition
  verdict: Exclude<Verdict, 'unreachable'>
}

/**
 * With a pointer (RFC 6901): the body must be JSON, else the rule does not fit. `present`: there is a
 * value and it is not null; `absent`: there is none, or null. `contains`: the text of the body, bytes as
 * they are, letter by letter.
 */
export type BodyCondition =
  | { pointer: string; is: 'present' | 'absent' }
  | { pointer: string; equals: string | number | boolean | null }
  | { contains: string }

export const VERDICTS = [
  'valid',
  'rejected',
  'no-permission',
  'cannot-tell',
  'unreachable',
] as const
export type Verdict = (typeof VERDICTS)[number]

export interface Expiry {
  /** `none`: it does not end; `fixed`: it does, and no call tells when; else where the answer stands. */
  kind: 'none' | 'fixed' | 'header' | 'jwt-exp' | 'api'
  how: string
  confidence: Confidence
}

export interface Rotate {
  /** `none`: by hand only. */
  mode: 'none' | 'create-revoke' | 'in-place' | 'dual-slot' | 'refresh' | 'mint' | 'sql' | 'command'
  /** True where the service has an API for it. */
  api: boolean
  how: string
  /** For how long the old one goes on working. */
  overlap: string
  /** The credential that the rotator must hold. */
  needs?: string
  pitfall?: string
  /** It must be switched on at the service first. */
  optIn?: true
  /** No new one by API, but the old one can be revoked by API. */
  retireApi?: true
  /** Only the credential itself can do it. */
  selfOnly?: true
  preview?: true
  note?: string
  confidence: Confidence
}
