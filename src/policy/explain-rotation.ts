/** Why a new value was not taken, or a rotation waits, in words. Pure. */
import type { Explanation, Failed } from './explain.ts'
import type { FailureReason } from './reasons.ts'

export const OF_ROTATIONS = {
  'admin-elsewhere': ({ ref }) => ({
    message: `where the password of "${ref}" would be set, its user is not let in by its value: that may be another server, and somebody else’s user of the same name`,
    hint: 'let the ref under "admin", and "management" where it is stated, name the server that the ref itself names; and see that its value works; no password was set',
  }),
  'admin-itself': ({ ref }) => ({
    message: `the credential by which "${ref}" would be rotated is of the very user that is rotated, and would be dead afterwards`,
    hint: 'name another user’s as "admin" beside the driver, or none: then the user acts for itself; nothing was changed',
  }),
  'admin-unreadable': ({ ref }) => ({
    message: `the credential by which "${ref}" is rotated could not be read`,
    hint: `see that the ref under "admin" of its "rotate" is spelled right and has a value; "${ref}" itself was not touched`,
  }),
  'account-unknown': ({ ref }) => ({
    message: `the new value of "${ref}" works, and its service does not say whose it is`,
    hint: 'let it read the account that it belongs to, as the current one may; nothing was changed',
  }),
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
  'key-cap': ({ ref }) => ({
    message: `the account of "${ref}" has as many credentials as its service allows, so no new one can be made`,
    hint: 'at the service, find the one that nobody uses and delete it; none was made, and none is deleted for you',
  }),
  'key-unknown': ({ ref }) => ({
    message: `the account of "${ref}" has a credential that a lost answer may have left behind, or that somebody else made`,
    hint: `if nobody uses it, delete it at the service; then run: secretref secrets rotation resume ${ref}`,
  }),
  'key-elsewhere': ({ ref }) => ({
    message: `the current value of "${ref}" is no credential of the user whose credentials would be changed`,
    hint: 'name its user as "user" beside the driver; nothing was changed',
  }),
  'many-lines': ({ ref }) => ({
    message: `what was typed or pasted for "${ref}" has more than one line`,
    hint: 'pipe a value with several lines into the command',
  }),
  'no-access-key': ({ ref }) => ({
    message: `the value of "${ref}" holds no AWS access key`,
    hint: 'store {"AccessKeyId": "…", "SecretAccessKey": "…"} there, or the lines of one profile of a credentials file',
  }),
  'no-call': ({ ref }) => ({
    message: `no call is known by which the service of "${ref}" says whether a credential works`,
    hint: 'write "unverified": true beside its driver to take new ones untried; nothing was changed',
  }),
  'no-input': ({ ref }) => ({
    message: `the service of "${ref}" makes no credentials for programs: a person has to bring the new one`,
    hint: `make it at the service, then run \`secretref secrets rotate --ref ${ref} --force\` and paste it`,
  }),
  'no-tls': ({ ref }) => ({
    message: `the server of "${ref}" would be asked in the clear, which everyone on the way can read`,
    hint: 'have it speak TLS, and name the CA of its certificate as "caCert"; one on this machine may be named 127.0.0.1',
  }),
  'not-a-key': ({ ref }) => ({
    message: `what is to replace "${ref}" is no credential of its service: a service knows only what it has issued itself`,
    hint: 'a random value, as `openssl rand` makes it, opens nothing there; make the new one at the service',
  }),
  'not-kept': ({ ref }) => ({
    message: `the server of "${ref}" has no file to keep its users in, and would forget the new one at a restart`,
    hint: 'give it an aclfile, or say where it keeps its users as "persist"',
  }),
  'several-nodes': ({ ref }) => ({
    message: `the server of "${ref}" is one of several, and each has users of its own; nothing was changed`,
    hint: 'set the password on every node by a program of your own: the driver `exec`',
  }),
  'same-value': ({ ref }) => ({
    message: `the new value of "${ref}" is the current one`,
    hint: 'make a new one at the service, and give that',
  }),
  'still-valid': ({ ref }) => ({
    message: `"${ref}" is replaced, and its old value still works`,
    hint: 'if nobody else uses it, expire it at its service; the next look sees it, and ends the rotation',
  }),
  'unfit-password': ({ ref }) => ({
    message: `the current password of "${ref}" could not be set again just as it is, should its rotation have to be undone`,
    hint: 'it has characters that the server stores as others (SASLprep, RFC 4013): give its user another password by hand first; nothing was changed',
  }),
  'unfit-user': ({ ref }) => ({
    message: `the user of "${ref}" is not at its service, or its password cannot be set this way`,
    hint: 'look at the user there: one that signs in by other means, or without a password, is left as it is',
  }),
  'user-elsewhere': ({ ref }) => ({
    message: `the value of "${ref}" is let in as the user of another host than "userHost" says`,
    hint: 'leave "userHost" out, or name the host as the server lists the user; nothing was changed',
  }),
  'user-shared': ({ ref }) => ({
    message: `the user of "${ref}" is rotated by another ref too, which has replaced the value of this one or is about to`,
    hint: 'let both refs name one place of one store, or give each a user of its own; nothing was changed',
  }),
  'user-unplaced': ({ ref }) => ({
    message: `which account the user of "${ref}" is cannot be told: there may be several of that name, and its server lets none in by the value of the ref`,
    hint: 'name the account’s host as "userHost", as the server lists it after the @, or store the value that works; no password was set',
  }),
  unreadable: ({ ref }) => ({
    message: `the input for "${ref}" could not be read to its end`,
    hint: 'run the same command again',
  }),
  unrestricted: ({ ref }) => ({
    message: `the new value of "${ref}" may do everything, and the current one is restricted`,
    hint: 'make a restricted key with the same permissions; nothing was changed',
  }),
  unverified: ({ ref }) => ({
    message: `the new value of "${ref}" was taken without asking its service, as the config says`,
    hint: 'try it yourself: no call is known by which its service says whether it works',
  }),
} satisfies Partial<Record<FailureReason, (failed: Pick<Failed, 'ref'>) => Explanation>>

export function isOfRotations(reason: string | undefined): boolean {
  return reason !== undefined && Object.hasOwn(OF_ROTATIONS, reason)
}
