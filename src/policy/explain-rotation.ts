/** Why a new value was not taken, or a rotation waits, in words. Pure. */
import type { Explanation, Failed } from './explain.ts'
import type { FailureReason } from './reasons.ts'

export const OF_ROTATIONS = {
  'another-account': ({ ref }) => ({
    message: `the new value of "${ref}" works, but for another account than the one that it replaces`,
    hint: 'make it in the account that the current one belongs to; nothing was changed',
  }),
  'another-mode': ({ ref }) => ({
    message: `the new value of "${ref}" is for testing where the current one is live, or the other way round`,
    hint: 'make it in the same mode as the current one; nothing was changed',
  }),
  'control-character': ({ ref }) => ({
    message: `what was typed or pasted for "${ref}" holds a control character`,
    hint: 'paste the value alone, without what surrounds it',
  }),
  'current-changed': ({ ref }) => ({
    message: `"${ref}" was changed by somebody else meanwhile`,
    hint: 'what was made is undone; rotate again if it is still due',
  }),
  'input-cancelled': ({ ref }) => ({
    message: `the new value of "${ref}" was not given`,
    hint: 'nothing was changed; run the same command again',
  }),
  'many-lines': ({ ref }) => ({
    message: `what was typed or pasted for "${ref}" has more than one line`,
    hint: 'pipe a value with several lines into the command',
  }),
  'no-input': ({ ref }) => ({
    message: `the service of "${ref}" makes no credentials for programs: a person has to bring the new one`,
    hint: `make it at the service, then run \`secretref secrets rotate --ref ${ref} --force\` and paste it`,
  }),
  'not-a-key': ({ ref }) => ({
    message: `what is to replace "${ref}" is no credential of its service: a service knows only what it has issued itself`,
    hint: 'a random value, as `openssl rand` makes it, opens nothing there; make the new one at the service',
  }),
  'same-value': ({ ref }) => ({
    message: `the new value of "${ref}" is the current one`,
    hint: 'make a new one at the service, and give that',
  }),
  'still-valid': ({ ref }) => ({
    message: `the old value of "${ref}" still works`,
    hint: 'if nobody else uses it, expire it at its service; the next look sees it, and ends the rotation',
  }),
  unreadable: ({ ref }) => ({
    message: `the input for "${ref}" could not be read to its end`,
    hint: 'run the same command again',
  }),
  unverified: ({ ref }) => ({
    message: `the new value of "${ref}" was taken without asking its service, as the config says`,
    hint: 'try it yourself: no call is known by which its service says whether it works',
  }),
} satisfies Partial<Record<FailureReason, (failed: Pick<Failed, 'ref'>) => Explanation>>
