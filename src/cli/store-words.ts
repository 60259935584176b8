/** Why nothing became of a `secretref store …`, in words. */
import { SecretRefError, type Code } from '../errors.ts'
import type { InputFault } from '../gateway/input/set-words.ts'
import type { StoreAction, StoreFault, StoreReport } from '../gateway/input/store-words.ts'
import { explainFailure } from '../policy/explain.ts'
import { shellWord } from '../shell-word.ts'
import type { Io } from './io.ts'

type Failed = Extract<StoreReport, { type: 'failed' }>
type Refused = Extract<StoreReport, { type: 'refused' }>

export interface Asked {
  provider: string
  options: Readonly<Record<string, unknown>>
  action: StoreAction
}

type Words = readonly [sentence: string, hint: string]

export function storeError(
  io: Io,
  { provider, options, action }: Asked,
  report: Failed | Refused | undefined,
): SecretRefError {
  if (report === undefined) {
    return error(
      'PROVIDER_INVALID',
      'the process that works on the store ended without an answer',
      `\`${io.program} doctor\` checks the surroundings`,
    )
  }
  if (report.type === 'refused') return refused(report.fault)
  const { what, code, name, reason, place } = report
  const path = String(options['path'])
  const file = action.kind === 'import' ? action.path : path
  const words = what === 'store' ? undefined : WORDS[what]({ io, path, file, name: name ?? '?' })
  if (words !== undefined) return error(code, ...words)
  if (place === undefined && code === 'PROVIDER_INVALID' && action.kind === 'import') {
    return error(
      code,
      `${file} is a folder`,
      'name a JSON file; values of their own files go in by `secrets set NAME < FILE`',
    )
  }
  const about = { ref: name ?? 'store', envVar: '', provider, providerType: 'store' }
  const { message, hint } = explainFailure({ ...about, code, reason, place })
  return error(code, message, hint)
}

function error(code: Code, message: string, hint: string): SecretRefError {
  return new SecretRefError(code, message, { scope: 'provider', hint })
}

interface Known {
  io: Io
  path: string
  file: string
  name: string
}

const WORDS: Readonly<Record<Exclude<StoreFault, 'store'>, (known: Known) => Words>> = {
  'no-key': ({ io }) => [
    `the key for fingerprints ${io.home.fingerprintKey} cannot be used`,
    `\`${io.program} doctor\` says what is wrong with it`,
  ],
  conflict: ({ path }) => [
    `somebody else changed ${path}, or its key, at the same moment`,
    'run it again; the store opens as it is',
  ],
  'unknown-outcome': ({ path }) => [
    `the disk did not confirm what was written to ${path}`,
    'check the disk, then run it again',
  ],
  exists: ({ io, path }) => [
    `there is a store at ${path} already`,
    `\`${io.program} store rekey\` gives it a new key, \`${io.program} store recipients add age1…\` lets others open it`,
  ],
  absent: ({ io, path }) => [`there is no store at ${path}`, `run: ${io.program} store init`],
  'no-file': ({ io, file }) => [
    `${file} does not exist, and no import of it is on record`,
    `name the file that holds the values: ${io.program} store import FILE`,
  ],
  passphrase: () => [
    'this store is sealed with a passphrase, and age mixes no recipients with one',
    'who is to open it needs the passphrase; or make a store with a key: docs/store.md',
  ],
  recipient: () => [
    'this is no age recipient',
    'a recipient is the public key that age-keygen prints: age1 and 58 more letters and digits',
  ],
  known: () => ['this recipient can open the store already', 'nothing has to be done'],
  unknown: ({ io }) => [
    'this recipient is not on the list of the store',
    `\`${io.program} store recipients\` shows the list`,
  ],
  own: ({ io }) => [
    'this is the key that this machine opens the store with',
    `\`${io.program} store rekey\` replaces it`,
  ],
  others: ({ io }) => [
    'others can open this store by keys of their own, and age mixes no recipients with a passphrase',
    `\`${io.program} store recipients\` shows them, \`${io.program} store recipients remove age1…\` takes one away`,
  ],
  differs: () => ['the two passphrases differ, and nothing was changed', 'run it again'],
  occupied: ({ io, file, name }) => [
    `the store has another value for "${name}" than ${file}; nothing was moved`,
    `decide which one holds: \`${io.program} secrets rm ${name} --yes\`, or remove it from the file; then run it again`,
  ],
  name: ({ file }) => [
    `${file} has a name that the store does not take, or that looks like a value; nothing was moved`,
    'names are letters, digits and . _ / -, as in stripe-api-key',
  ],
  twice: ({ file, name }) => [
    `${file} has "${name}" in two spellings; nothing was moved`,
    'remove the one that is not used',
  ],
  changed: ({ file }) => [
    `${file} was changed meanwhile; its values are in the store, and the file was left alone`,
    'run it again',
  ],
  unequal: ({ file, name }) => [
    `what was read back for "${name}" is not what was stored; ${file} was left alone`,
    'check the disk',
  ],
  'not-removed': ({ file }) => [
    `the values are in the store, but ${file} could not be removed`,
    `look for it, and for .secretref-… in its folder, with: ls -la ${shellWord(file.replace(/[^/]*$/, ''))}`,
  ],
}

const INPUT: Readonly<Record<InputFault, readonly [Code, ...Words]>> = {
  empty: ['SECRET_EMPTY', 'no passphrase was given', 'type it at the prompt, or pipe it in'],
  'too-large': ['SECRET_TOO_LARGE', 'the passphrase is larger than 1 MiB', 'take a shorter one'],
  'many-lines': ['SECRET_MALFORMED', 'what was pasted has more than one line', 'take one line'],
  control: ['SECRET_MALFORMED', 'what was pasted holds control characters', 'type it'],
  unreadable: ['USAGE', 'stdin could not be read', 'run it on a terminal, or pipe it in'],
}

function refused(fault: InputFault): SecretRefError {
  const [code, sentence, hint] = INPUT[fault]
  return error(code, `nothing was changed: ${sentence}`, hint)
}
