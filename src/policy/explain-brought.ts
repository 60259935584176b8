/** Why the value that a person brought was not taken, and how another one is brought. Pure. */
import type { Explanation } from './explain.ts'
import type { FailureReason } from './reasons.ts'

/** What is wrong with it, and what to do before it is brought again. */
type Words = readonly [why: string, then: string]

const AT_THE_SERVICE = 'make a new one at the service'

const BY_REASON: Readonly<Partial<Record<FailureReason, Words>>> = {
  empty: ['it is empty', 'copy the new one from the service'],
  'too-large': ['it is larger than 1 MiB', 'take the credential alone, without what surrounds it'],
  'many-lines': ['it has more than one line', 'pipe a value with several lines into the command'],
  'control-character': ['it holds a control character', 'paste the value alone'],
  unreadable: ['it could not be read to its end', 'try it once more'],
  nul: ['it holds a NUL byte', 'copy the new one from the service'],
  'same-value': ['it is the current one', AT_THE_SERVICE],
  'not-a-key': [
    'it is no credential of its service, and a service knows only what it has issued itself',
    `a random value, as \`openssl rand\` makes it, opens nothing there: ${AT_THE_SERVICE}`,
  ],
  'login-denied': [
    'its service refuses it',
    'see that it is whole and has not been ended there, or make another one',
  ],
  'not-permitted': [
    'its service lets it do nothing that could be tried',
    'give it the rights of the current one',
  ],
  'another-account': [
    'it works, but for another account than the current one',
    'make it in the account that the current one belongs to',
  ],
  'account-unknown': [
    'it works, and its service does not say whose it is',
    'let it read the account that it belongs to, as the current one may',
  ],
  'another-mode': [
    'it is for testing where the current one is live, or the other way round',
    'make it in the same mode as the current one',
  ],
  unrestricted: [
    'it may do everything, and the current one is restricted',
    'make a restricted key with the same permissions',
  ],
}

/**
 * @param reason as its input or its service gave it
 * @returns nothing where it says nothing of the value: it could not be asked
 */
export function explainBrought(ref: string, reason: string | undefined): Explanation | undefined {
  const words = Object.entries(BY_REASON).find(([name]) => name === reason)?.[1]
  if (words === undefined) return undefined
  const [why, then] = words
  return {
    message: `what was brought for "${ref}" was not taken: ${why}`,
    hint: `${then}; then bring it: secretref secrets rotate --ref ${ref} --force (the current one stays until then)`,
  }
}
