/**
 * The one error of this product. A message is one lower-case sentence that is safe to show: it never
 * quotes what a parser or a provider said, because that may hold a value.
 */
export const CODES = [
  'USAGE',
  'CONFIG_NOT_FOUND',
  'CONFIG_INVALID',
  'CONFIG_INSECURE',
  'CONFIG_UNTRUSTED',
  'HARDCODED_CREDENTIAL',
  'AGENT_UNKNOWN',
  'AGENT_BUSY',
  'AGENT_NOT_ALLOWED',
  'COMMAND_LOCKED',
  'COMMAND_NOT_FOUND',
  'COMMAND_NOT_EXECUTABLE',
  'ENVIRONMENT_UNKNOWN',
  'ENVIRONMENT_MISMATCH',
  'REF_UNKNOWN',
  'REF_NOT_BOUND',
  'CAPABILITY_MISSING',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_DENIED',
  'PROVIDER_INVALID',
  'PROVIDER_UNSUPPORTED',
  'SECRET_NOT_FOUND',
  'SECRET_EMPTY',
  'SECRET_MALFORMED',
  'SECRET_TOO_LARGE',
  'SECRET_UNDELIVERABLE',
  'EXPIRED',
  'DEPRECATED',
  'FILE_INSECURE',
  'DELIVERY_FAILED',
  'TIMEOUT',
  'AUDIT_UNAVAILABLE',
  'AUDIT_TAMPERED',
  'RECORD_UNKNOWN',
  'PROOF_INVALID',
  'ANCHOR_FAILED',
  'STATE_UNAVAILABLE',
  'TARGET_UNKNOWN',
  'CREDENTIAL_REJECTED',
  'ROTATION_FENCED',
  'UNSUPPORTED',
  'OUTPUT_FAILED',
  'INTERNAL',
] as const

export type Code = (typeof CODES)[number]

/** What a failure is about, and so who is touched by it. */
export type Scope = 'usage' | 'config' | 'ref' | 'provider' | 'agent' | 'audit'

export interface ErrorOptions {
  /** What the user can do about it, one sentence. */
  hint?: string
  scope?: Scope
  /** Kept for a debugger, never printed. */
  cause?: unknown
}

export class SecretRefError extends Error {
  readonly code: Code
  readonly scope: Scope
  readonly hint: string | undefined

  constructor(code: Code, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SecretRefError'
    this.code = code
    this.scope = options.scope ?? 'usage'
    this.hint = options.hint
  }

  toJSON(): { code: Code; scope: Scope; message: string; hint?: string } {
    return {
      code: this.code,
      scope: this.scope,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    }
  }
}

/** The `code` of a Node system error (`ENOENT`…), or `undefined` for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return undefined
}
