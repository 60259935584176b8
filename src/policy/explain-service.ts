/** Why a credential was not replaced, where the service that it is for said so, and not the store of the ref. Pure. */
import type { Code } from '../errors.ts'
import { explainFailure, PACKAGES, type Explanation } from './explain.ts'
import { isOfRotations } from './explain-rotation.ts'

export interface ServiceFailure {
  ref: string
  /** As the config names it. */
  driver: string
  code: Code
  reason?: string | undefined
  /** The value that was tried; left out: the driver acted by one. */
  whose?: 'new' | 'old' | undefined
  /** The ref of the credential by which the driver acts; left out: the current value. */
  admin?: string | undefined
}

export function explainService(failed: ServiceFailure): Explanation {
  const { ref, driver, code, reason } = failed
  const explain = reason === undefined ? undefined : BY_REASON.get(reason)
  // What says more than "of another form" has a sentence of its own.
  if (code === 'SECRET_MALFORMED' && !isOfRotations(reason)) return otherForm(failed)
  if (explain !== undefined) return explain(failed)
  if (code === 'CREDENTIAL_REJECTED' && reason === undefined) return refused(failed)
  return explainFailure({ ref, envVar: ref, code, reason, provider: driver, providerType: driver })
}

type Explain = (failed: ServiceFailure) => Explanation

const otherForm: Explain = ({ ref, driver }) => ({
  message: `the value of "${ref}" is not of the form that driver "${driver}" replaces`,
  hint: 'docs/configuration.md says, beside each driver, what its ref holds',
})

/** What the service has said something of. */
function called({ ref, whose, admin }: ServiceFailure): string {
  if (whose === 'new') return 'the new value'
  if (whose === 'old') return 'the old value'
  return admin === undefined ? `the current value of "${ref}"` : `"${admin}"`
}

const refused: Explain = (failed) => {
  const { ref, whose, admin } = failed
  if (whose === 'new') {
    return {
      message: `the service of "${ref}" does not take the new value`,
      hint: 'the current one stays; look at the service whether new ones are restricted',
    }
  }
  const by = whose === undefined ? ', by which it is rotated' : ''
  const another = admin === undefined ? '; or name another credential as "admin"' : ''
  return {
    message: `the service of "${ref}" refused ${called(failed)}${by}`,
    hint: `if it no longer works, set one that does: secretref secrets set ${admin ?? ref}${another}`,
  }
}

const noAnswer: Explain = ({ ref }) => ({
  message: `the service of "${ref}" did not answer`,
  hint: 'what became of it is looked for before it is tried again',
})

const BY_REASON: ReadonlyMap<string, Explain> = new Map<string, Explain>([
  ['login-denied', refused],
  [
    'account-unknown',
    (failed) =>
      failed.whose === 'old'
        ? {
            message: `the service of "${failed.ref}" does not say whose its current value is, so the new one cannot be compared`,
            hint: 'let the current one read the account that it belongs to; nothing was changed',
          }
        : explainFailure({ ...failed, envVar: failed.ref, provider: failed.driver }),
  ],
  [
    'not-permitted',
    (failed) => ({
      message: `the service of "${failed.ref}" does not let ${called(failed)} do this`,
      hint: `give it that right${failed.whose === undefined && failed.admin === undefined ? ', or name another credential as "admin" beside the driver' : ''}`,
    }),
  ],
  [
    'unreachable',
    ({ ref }) => ({
      message: `the service of "${ref}" cannot be reached`,
      hint: 'check that it runs, its address, and the network; it is tried again',
    }),
  ],
  ['connection-lost', noAnswer],
  ['timeout', noAnswer],
  [
    'server-error',
    ({ ref }) => ({
      message: `the service of "${ref}" answered with an error of its own`,
      hint: 'what became of it is looked for before it is tried again',
    }),
  ],
  [
    'rate-limited',
    ({ ref }) => ({
      message: `the service of "${ref}" was asked too often`,
      hint: 'it is tried again later',
    }),
  ],
  [
    'certificate',
    ({ ref }) => ({
      message: `the certificate of the service of "${ref}" is not trusted`,
      hint: 'name its CA beside the driver where that can be said, and look who answers there',
    }),
  ],
  [
    'refused-metadata',
    ({ ref, driver }) => ({
      message: `what driver "${driver}" would call the new value of "${ref}" is a value itself, or holds one`,
      hint: 'names are not secret, and go into the audit log: give the user or key another name at the service',
    }),
  ],
  [
    'bad-answer',
    ({ ref }) => ({
      message: `the service of "${ref}" gave an answer that cannot be used`,
      hint: 'what it said is not shown, it may hold a value; look at the service what became of it',
    }),
  ],
  [
    'sdk-missing',
    ({ driver }) => ({
      message: `driver "${driver}" needs a package that is not installed`,
      hint: `run: npm install ${PACKAGES[driver] ?? 'what docs/configuration.md names for it'}`,
    }),
  ],
])
