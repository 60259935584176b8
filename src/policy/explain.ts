/**
 * Every failure of a fetch or a delivery in words: one lower-case sentence and what to do about it.
 * Pure.
 */
import type { Code } from '../errors.ts'
import { shellWord } from '../shell-word.ts'
import { OF_ROTATIONS } from './explain-rotation.ts'
import { isFailureReason, type FailureReason } from './reasons.ts'

export interface Failed {
  ref: string
  envVar: string
  code: Code
  reason?: string | undefined
  /** A file's path or a variable, known from the config. */
  place?: string | undefined
  provider: string
  /** Left out where it is not known. */
  providerType?: string | undefined
}

export interface Explanation {
  message: string
  hint: string
}

/** The sentence for a failure: by its reason where that is on the list, else by its code. */
export function explainFailure(failed: Failed): Explanation {
  const { reason, code } = failed
  const explain = isFailureReason(reason) ? BY_REASON[reason] : (BY_CODE[code] ?? unexplained)
  return explain(failed)
}

/** How a new value gets to where the config finds it: not every provider can be written by us. */
export function setIt({ ref, provider, providerType }: Stored): string {
  if (providerType === 'exec') {
    return `set it where the program of provider "${provider}" takes it from`
  }
  if (providerType === 'env') return 'set it in the environment that secretref is started in'
  return `run: secretref secrets set ${ref}`
}

type Stored = Pick<Failed, 'ref' | 'provider' | 'providerType'>

/** What a sentence calls the file, program or variable. */
function placeOf({ place, provider }: Failed): string {
  return place ?? `what provider "${provider}" points to`
}

function fileOf(failed: Failed): string {
  return failed.place === undefined ? 'the file' : shellWord(failed.place)
}

/** A program must stay executable, and it is no secret: nobody else may write it, that is all. */
function chmod(failed: Failed): string {
  const mode = failed.providerType === 'exec' ? 'go-w' : '600'
  return `run: chmod ${mode} ${fileOf(failed)}`
}

function program({ place, provider }: Failed): string {
  const called = `the program of provider "${provider}"`
  return place === undefined ? called : `${called}, ${place},`
}

/** The optional peers of package.json, by the type of provider or rotation driver that needs them. */
export const PACKAGES: Readonly<Record<string, string>> = {
  'aws-iam': '@aws-sdk/client-iam @aws-sdk/client-sts',
  'aws-secrets-manager': '@aws-sdk/client-secrets-manager',
  'aws-ssm': '@aws-sdk/client-ssm',
  mysql: 'mysql2',
  'mysql-users': 'mysql2',
  postgres: 'pg',
  'postgres-users': 'pg',
  redis: '@redis/client',
}

/** What has no parts, and was asked for one. */
const NO_FIELD = 'remove "field" from its place in the config, or store an object there'

function has({ ref, provider }: Failed): string {
  return `what provider "${provider}" has for "${ref}"`
}

/** Whether it is asked over a network, and what it has lies in no file of ours. */
function isService(failed: Failed): boolean {
  return failed.providerType === 'vault' || isAws(failed)
}

function isAws({ providerType }: Failed): boolean {
  return providerType === 'aws-secrets-manager' || providerType === 'aws-ssm'
}

const BY_REASON: Readonly<Record<FailureReason, (failed: Failed) => Explanation>> = {
  ...OF_ROTATIONS,
  'not-a-regular-file': (f) => ({
    message: `${placeOf(f)} is not a regular file`,
    hint: 'put a regular file there, or correct the path in the config',
  }),
  symlink: (f) => ({
    message: `${placeOf(f)} is a symbolic link, and links are not followed`,
    hint: 'write the path of the file itself into the config',
  }),
  'wrong-owner': (f) => ({
    message: `${placeOf(f)} belongs to another user`,
    hint:
      f.providerType === 'exec'
        ? 'name a program of your own in the config, or one of root'
        : 'move the values into a file of your own, and name that in the config',
  }),
  mode: (f) => ({
    message:
      f.providerType === 'exec'
        ? `other users can change ${placeOf(f)}`
        : `other users can reach ${placeOf(f)}`,
    hint: chmod(f),
  }),
  'folder-writable': (f) => ({
    message: `other users can swap ${placeOf(f)}: a folder above it is theirs, or they can write it`,
    hint: `run: namei -l ${fileOf(f)}; then chmod go-w the folder, or move the program`,
  }),
  'too-large': (f) =>
    f.code === 'PROVIDER_INVALID'
      ? {
          message: `what provider "${f.provider}" would be asked for at once is too much`,
          hint: 'bind fewer refs of it to one agent',
        }
      : {
          message: `${f.place ?? `the value of "${f.ref}"`} is larger than ${isAws(f) ? 'its store holds' : '1 MiB'}`,
          hint: 'keep a smaller credential there, by which the agent fetches the rest',
        },
  'too-large-for-env': (f) => ({
    message: `the value of "${f.ref}" is too large for a variable`,
    hint: `add "delivery": "file" to its slot; the path then stands in ${f.envVar}_FILE`,
  }),
  'environment-full': (f) => ({
    message: `the value of "${f.ref}" does not fit into the environment beside the others`,
    hint: 'add "delivery": "file" to its slot, or pass less with --pristine',
  }),
  'not-json': (f) => ({
    message: isAws(f) ? `${has(f)} is not JSON` : `${placeOf(f)} is not JSON`,
    hint: isAws(f)
      ? NO_FIELD
      : 'correct it in an editor, or write "path" for a file that holds one raw value; its content is never shown here',
  }),
  'not-utf8': (f) =>
    f.providerType === 'exec'
      ? {
          message: `a variable for the program of provider "${f.provider}" is not UTF-8`,
          hint: 'remove it from passEnv, or set it anew',
        }
      : {
          message: `${placeOf(f)} is not UTF-8`,
          hint: 'save it as UTF-8; a file named by "path" may hold any bytes',
        },
  'duplicate-key': (f) => ({
    message: `${placeOf(f)} holds a key twice`,
    hint: 'remove the one that is not meant',
  }),
  'no-such-file': (f) => ({
    message: `${placeOf(f)} does not exist`,
    hint: isService(f)
      ? 'put there what it needs to sign in or to trust its server, or correct the path in the config'
      : f.providerType === 'store'
        ? `put it back from a backup, or begin anew: secretref secrets set ${f.ref}`
        : setIt(f),
  }),
  'no-such-key': (f) => ({
    message: `${f.place ?? `provider "${f.provider}"`} has no entry for "${f.ref}"`,
    hint: setIt(f),
  }),
  'holds-others': (f) => ({
    message: `${has(f)} lies beside other values, which would be removed with it`,
    hint: 'remove its key at the service itself, or give the ref a secret of its own',
  }),
  'aws-rotates': (f) => ({
    message: `the secret that holds "${f.ref}" is being rotated by AWS itself: a version of it is AWSPENDING and not AWSCURRENT`,
    hint: 'nothing was changed; try again when that has ended; one that was given up is ended by `aws secretsmanager cancel-rotate-secret`, and AWSPENDING taken away by `aws secretsmanager update-secret-version-stage`',
  }),
  'no-such-variable': (f) => ({
    message:
      f.place === undefined
        ? `the variable that holds "${f.ref}" is not set`
        : `variable ${f.place}, which holds "${f.ref}", is not set`,
    hint: 'set it in the environment that secretref is started in',
  }),
  'not-permitted': (f) => ({
    message: `${f.place === undefined ? `"${f.ref}" in provider "${f.provider}"` : f.place} may not be read`,
    hint: isService(f)
      ? 'check what it signs in with, and that this may read there; no other provider is asked after a denial'
      : 'give this user the right to read it; no other provider is asked after a denial',
  }),
  'not-a-string': (f) => ({
    message: `what provider "${f.provider}" has for "${f.ref}" is not text`,
    hint:
      f.providerType === 'exec'
        ? 'its program has to answer every id with a string'
        : 'store it as a string, or as an object with a string under "value"',
  }),
  'bad-name': (f) => ({
    message: `the place of "${f.ref}" is no name that provider "${f.provider}" accepts`,
    hint: 'correct "path" or "target" of this ref in the config',
  }),
  io: (f) => ({
    message: `${placeOf(f)} could not be read`,
    hint: 'check the disk and the folders above it; secretref doctor helps',
  }),
  'disk-full': (f) => ({
    message: `the disk that holds ${placeOf(f)} is full`,
    hint: 'free some space there, then run it again; what was there before is still there',
  }),
  'not-startable': (f) => ({
    message: `${program(f)} could not be started`,
    hint: 'check that it exists, is executable, and has an interpreter',
  }),
  'not-executable': (f) => ({
    message: `${program(f)} is not executable`,
    hint: `run: chmod u+x ${fileOf(f)}`,
  }),
  'not-absolute': (f) => ({
    message: `a path of provider "${f.provider}" is not absolute`,
    hint: 'write the whole path into the config',
  }),
  'outside-trusted-dirs': (f) => ({
    message: `${program(f)} lies outside its trustedDirs`,
    hint: 'move it there, or add its folder to trustedDirs',
  }),
  timeout: (f) => ({
    message: `provider "${f.provider}" did not answer in time`,
    hint: 'try again; if it is only slow, raise its timeoutMs',
  }),
  'no-output': (f) => ({
    message: `${program(f)} wrote nothing`,
    hint: 'it has to answer with one JSON object on stdout; raise noOutputTimeoutMs if it is only slow',
  }),
  'output-too-large': (f) => ({
    message: `${program(f)} wrote more than it may`,
    hint: 'raise maxOutputBytes, or let it print less on stdout and stderr',
  }),
  'exit-code': (f) => ({
    message: `${program(f)} ended with an error`,
    hint: 'run it by hand with its request on stdin; what it printed is not shown, it may hold a value',
  }),
  killed: (f) => ({
    message: `${program(f)} was ended by a signal`,
    hint: 'run it by hand; the memory may not suffice',
  }),
  'bad-answer': (f) => ({
    message: `provider "${f.provider}" gave an answer that breaks its protocol`,
    hint:
      f.providerType === 'exec'
        ? 'an exec program answers {"protocolVersion":1,"values":{…}}; what it said is not shown'
        : 'check its address; what it said is not shown',
  }),
  'id-missing': (f) => ({
    message: `provider "${f.provider}" left "${f.ref}" out of its answer`,
    hint: 'the program has to answer every id with a value or an error',
  }),
  'id-not-found': (f) => ({
    message: `provider "${f.provider}" does not know "${f.ref}"`,
    hint: `create it there, or correct ${f.providerType === 'vault' ? '"path", "mount"' : '"path"'} or "target" of this ref in the config; \`secretref secrets describe ${f.ref}\` shows where it is looked for`,
  }),
  'id-ambiguous': (f) => ({
    message: `provider "${f.provider}" knows more than one "${f.ref}"`,
    hint: 'write a "path" that means one of them alone',
  }),
  'id-error': (f) => ({
    message: `provider "${f.provider}" answered "${f.ref}" with an error`,
    hint: 'run its program by hand; what it said is not shown, it may hold a value',
  }),
  empty: (f) => ({
    message: `the value of "${f.ref}" is empty`,
    hint: setIt(f),
  }),
  nul: (f) => ({
    message: `the value of "${f.ref}" holds a NUL byte, which no variable can`,
    hint: `add "delivery": "file" to its slot; the path then stands in ${f.envVar}_FILE`,
  }),
  'no-address': (f) => ({
    message: `it is not known where provider "${f.provider}" answers`,
    hint: isAws(f)
      ? 'write its "region" into the config, or set AWS_REGION, or check its profile; an endpoint has to be https, or on this machine'
      : 'write its "address" into the config, as https://vault.example.com:8200, or set VAULT_ADDR',
  }),
  'no-credentials': (f) => ({
    message: `provider "${f.provider}" has nothing to sign in with`,
    hint: isAws(f)
      ? 'set AWS_PROFILE for the gateway, or write "profile" into the config, or give its machine a role; aws sts get-caller-identity tries it'
      : 'set VAULT_TOKEN for the gateway, or write "auth" into the config; docs/configuration.md has the methods',
  }),
  'login-denied': (f) => ({
    message: `provider "${f.provider}" refused the login`,
    hint: isAws(f)
      ? 'check its keys, their session and this machine’s clock; aws sts get-caller-identity tries them'
      : 'check role, secret id or token of its "auth"; no other provider is asked after a denial',
  }),
  'insecure-address': (f) => ({
    message: `provider "${f.provider}" would be asked over plain http, which everyone on the way can read`,
    hint: 'write https://HOST, or http://127.0.0.1:PORT for a server on this machine; look at VAULT_ADDR too',
  }),
  'wrapped-used': (f) => ({
    message: `the wrapping token of provider "${f.provider}" is used up, expired or unknown`,
    hint: 'it is good for one start; if this gateway did not use it, somebody else may have unwrapped the secret id: destroy that, find out who, then place a new one',
  }),
  'wrapped-foreign': (f) => ({
    message: `the wrapping token of provider "${f.provider}" does not wrap a secret id of its role`,
    hint: 'somebody may have swapped it; it was not unwrapped: find out who placed it, then place a new one',
  }),
  'lease-in-doubt': (f) => ({
    message: `provider "${f.provider}" did not answer for "${f.ref}" and may have made a credential that nobody holds`,
    hint: 'it was not asked again; such a credential ends with its lease, or list sys/leases/lookup and revoke it',
  }),
  'lease-unkept': (f) => ({
    message: `the lease of "${f.ref}" could not be kept on disk, and was given back`,
    hint: 'see that the folder "leases" and keys/lease.key below SECRETREF_HOME are yours, and the disk not full',
  }),
  'skip-verify': (f) => ({
    message: `provider "${f.provider}" shows a certificate that is not trusted, and VAULT_SKIP_VERIFY is not honoured`,
    hint: 'write the right "caCert" into the config, or set VAULT_CACERT',
  }),
  certificate: (f) => ({
    message: `provider "${f.provider}" shows a certificate that is not trusted`,
    hint: isAws(f)
      ? 'name the file of the right CA in AWS_CA_BUNDLE; if it was right yesterday, find out who answers there'
      : 'write the right "caCert" into the config; if it was right yesterday, find out who answers there',
  }),
  unreachable: (f) => ({
    message: `no connection to provider "${f.provider}" could be made`,
    hint: `check ${isAws(f) ? 'its region or endpoint' : 'its address'} and the network; a chain goes on to its next provider`,
  }),
  'connection-lost': (f) => ({
    message: `the connection to provider "${f.provider}" broke before it had answered`,
    hint: 'try again; a chain goes on to its next provider',
  }),
  sealed: (f) => ({
    message: `provider "${f.provider}" is sealed, or down for maintenance`,
    hint: 'unseal it; a chain goes on to its next provider',
  }),
  'rate-limited': (f) => ({
    message: `provider "${f.provider}" takes no more questions for now`,
    hint: 'try again later, or raise its quota',
  }),
  'server-error': (f) => ({
    message: `provider "${f.provider}" answered with an error of its own`,
    hint: 'look at its log; what it said is not shown',
  }),
  redirect: (f) => ({
    message: `provider "${f.provider}" sends its askers elsewhere, and no redirect is followed`,
    hint: 'write the address of the node that answers into the config',
  }),
  'no-identity': (f) => ({
    message: `${placeOf(f)} holds no age identity that opens provider "${f.provider}"`,
    hint: 'put the key file back from its backup, or name it as "identity" in the config',
  }),
  'not-opened': (f) => ({
    message: `${placeOf(f)} cannot be opened with the keys that are here, or was changed`,
    hint: 'put back the key that it was sealed to, or the file from a backup; `age -d -i KEYFILE` on it tells which of them is wrong',
  }),
  'not-a-store': (f) => ({
    message: `${placeOf(f)} is an age file, but not a store of secrets`,
    hint: 'name another file as "path" in the config',
  }),
  'not-age': (f) => ({
    message: `${placeOf(f)} is no age file: it was cut, or something else was written there`,
    hint: 'put it back from a backup, or name another file as "path" in the config',
  }),
  'wrong-passphrase': (f) => ({
    message: `${placeOf(f)} cannot be opened with the passphrase that was given, or was changed`,
    hint: 'correct SECRETREF_STORE_PASSPHRASE, or what is in the "passphraseFile"; `age -d` on it asks for the passphrase and tries it',
  }),
  'no-passphrase': (f) => ({
    message:
      f.place === undefined
        ? `provider "${f.provider}" is sealed with a passphrase, and none was given`
        : `${f.place}, which is to hold the passphrase of provider "${f.provider}", does not exist`,
    hint: 'set SECRETREF_STORE_PASSPHRASE for the gateway, or write "passphraseFile" into the config',
  }),
  'no-keychain': (f) => ({
    message: `provider "${f.provider}" has no keychain to ask: this session has no Secret Service`,
    hint: 'start it inside a desktop session or `dbus-run-session`; on a server use a provider of type store',
  }),
  'keychain-locked': (f) => ({
    message: `the keychain of provider "${f.provider}" is locked, or was never made`,
    hint: 'unlock it in the desktop session, then try again; on a server use a provider of type store',
  }),
  'no-keychain-library': (f) => ({
    message: `provider "${f.provider}" needs the package @napi-rs/keyring, which is not installed`,
    hint: 'run: npm install @napi-rs/keyring',
  }),
  locked: (f) => ({
    message: `${placeOf(f)} was held by another process for too long`,
    hint: 'look for a SecretRef process that is stopped or hangs',
  }),
  'no-compare': (f) => ({
    message: `provider "${f.provider}" cannot compare before it writes`,
    hint:
      f.providerType === 'keychain'
        ? 'use a provider of type store where a write has to compare'
        : 'use version 2 of the KV engine',
  }),
  'no-stages': (f) => ({
    message: `provider "${f.provider}" cannot hold a version that is not yet the current one`,
    hint: 'keep this ref in a provider with stages: store, aws-secrets-manager',
  }),
  'sdk-missing': (f) => ({
    message: `provider "${f.provider}" needs a package that is not installed`,
    hint: `run: npm install ${PACKAGES[f.providerType ?? ''] ?? 'what docs/configuration.md names for it'}`,
  }),
  'not-in-this-version': (f) => ({
    message: `provider "${f.provider}" is not in this version`,
    hint: 'use a provider of type file, env or exec',
  }),
  'refused-metadata': (f) => ({
    message: `what provider "${f.provider}" said about "${f.ref}" holds the value itself`,
    hint: 'remove the value from its version or dates; such an answer is refused whole',
  }),
  'bad-date': (f) => ({
    message: `${placeOf(f)} has a date for "${f.ref}" that cannot be read`,
    hint: 'write dates as 2027-03-08T04:12:00Z',
  }),
  budget: (f) => ({
    message: `provider "${f.provider}" was asked as often in a minute as it may be`,
    hint: `there are calls again within a minute; more, with "callsPerMinute" of provider "${f.provider}"`,
  }),
  closed: (f) => ({
    message: `provider "${f.provider}" was closed before it was asked for "${f.ref}"`,
    hint: 'this is a mistake in SecretRef; please report it',
  }),
  'not-an-object': (f) => ({
    message: `${isAws(f) ? has(f) : placeOf(f)} is JSON, but no object of names and values`,
    hint: isAws(f) ? NO_FIELD : 'write it as {"name": {"value": "…"}} or {"name": "…"}',
  }),
}

const BY_CODE: Readonly<Partial<Record<Code, (failed: Failed) => Explanation>>> = {
  PROVIDER_UNAVAILABLE: (f) => ({
    message: `provider "${f.provider}" could not be asked for "${f.ref}"`,
    hint: 'try again; if it goes on, add another provider to the chain',
  }),
  PROVIDER_DENIED: (f) => ({
    message: `provider "${f.provider}" denied "${f.ref}"`,
    hint: 'give this gateway the right to read it; no other provider is asked after a denial',
  }),
  PROVIDER_INVALID: (f) => ({
    message: `provider "${f.provider}" gave an answer that cannot be used`,
    hint: 'what it said is not shown, it may hold a value; run: secretref doctor',
  }),
  PROVIDER_UNSUPPORTED: (f) => ({
    message: `provider "${f.provider}" is of a type that this version does not know`,
    hint: 'types: store, keychain, file, env, exec, vault, aws-secrets-manager, aws-ssm',
  }),
  UNSUPPORTED: (f) => BY_REASON['not-in-this-version'](f),
  SECRET_NOT_FOUND: (f) => BY_REASON['no-such-key'](f),
  SECRET_EMPTY: (f) => BY_REASON.empty(f),
  SECRET_MALFORMED: (f) => ({
    message: `what provider "${f.provider}" has for "${f.ref}" cannot be read`,
    hint: setIt(f),
  }),
  SECRET_TOO_LARGE: (f) => BY_REASON['too-large'](f),
  SECRET_UNDELIVERABLE: (f) => ({
    message: `the value of "${f.ref}" cannot be delivered as ${f.envVar}`,
    hint: 'add "delivery": "file" to its slot',
  }),
  FILE_INSECURE: (f) => ({
    message: `${placeOf(f)} is not private`,
    hint: chmod(f),
  }),
  DELIVERY_FAILED: (f) => ({
    message: `"${f.ref}" was fetched and could not be handed to the agent`,
    hint: 'nothing was started; run: secretref doctor',
  }),
  TIMEOUT: (f) => BY_REASON.timeout(f),
}

function unexplained({ provider, ref }: Failed): Explanation {
  return {
    message: `provider "${provider}" did not serve "${ref}"`,
    hint: 'run: secretref doctor',
  }
}
