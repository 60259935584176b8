/**
 * Why a provider or a delivery failed: a closed list, so that a failure can be explained without letting
 * a provider's own text through. Read in both wings.
 */
export const REASONS = [
  'not-a-regular-file',
  'symlink',
  'wrong-owner',
  'mode',
  'folder-writable',
  'too-large',
  'too-large-for-env',
  'environment-full',
  'not-json',
  'not-utf8',
  'duplicate-key',
  'no-such-file',
  'no-such-key',
  'no-such-variable',
  'not-permitted',
  'not-a-string',
  'bad-name',
  'io',
  'not-startable',
  'not-absolute',
  'outside-trusted-dirs',
  'timeout',
  'no-output',
  'output-too-large',
  'exit-code',
  'killed',
  'bad-answer',
  'id-missing',
  'id-not-found',
  'id-ambiguous',
  'id-error',
  'empty',
  'nul',
  'not-in-this-version',
  'no-address',
  'no-credentials',
  'insecure-address',
  'login-denied',
  'wrapped-used',
  'wrapped-foreign',
  'lease-in-doubt',
  'lease-unkept',
  'certificate',
  'skip-verify',
  'unreachable',
  'connection-lost',
  'sealed',
  'rate-limited',
  'server-error',
  'redirect',
  'no-compare',
  'no-identity',
  'not-opened',
  'not-a-store',
  'no-passphrase',
  'no-keychain',
  'keychain-locked',
  'no-keychain-library',
  'locked',
  'refused-metadata',
  'bad-date',
  'budget',
  'closed',
  'not-an-object',
  'sdk-missing',
  'no-stages',
  'account-unknown',
  'another-account',
  'another-mode',
  'control-character',
  'current-changed',
  'input-cancelled',
  'key-cap',
  'key-elsewhere',
  'key-unknown',
  'many-lines',
  'no-access-key',
  'no-call',
  'no-input',
  'not-a-key',
  'same-value',
  'still-valid',
  'no-tls',
  'not-kept',
  'several-nodes',
  'unreadable',
  'unrestricted',
  'unverified',
] as const
export type FailureReason = (typeof REASONS)[number]

const KNOWN: ReadonlySet<unknown> = new Set(REASONS)

export function isFailureReason(word: unknown): word is FailureReason {
  return KNOWN.has(word)
}

/** What may be told of a value that is delivered all the same. */
export const FETCH_WARNINGS = ['FILE_MODE_LOOSE', 'PLACEHOLDER_VALUE'] as const
export type FetchWarning = (typeof FETCH_WARNINGS)[number]

export function isFetchWarning(word: unknown): word is FetchWarning {
  return FETCH_WARNINGS.some((warning) => warning === word)
}
