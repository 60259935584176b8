/** What became of a `secrets set`, in words. */
import { upperSnake } from '../config/names.ts'
import type { ProviderConfig } from '../config/types.ts'
import { SecretRefError, type Code } from '../errors.ts'
import type { InputFault, Report, StoredWarning } from '../gateway/input/set-words.ts'
import type { ChainStep } from '../plan/types.ts'
import { explainFailure, type Explanation } from '../policy/explain.ts'
import { printable, type Io } from './io.ts'

type Written = Extract<Report, { type: 'written' }>
type Failed = Extract<Report, { type: 'failed' }>
type Refused = Extract<Report, { type: 'refused' }>

/** `stored stripe-api-key in file /home/me/secrets.json (key stripe_api_key)`, `… in vault at prod/stripe (key value)` */
export function storedText(
  ref: string,
  step: ChainStep,
  type: string,
  { place, field }: Written,
): string {
  const named = place === undefined || place === ref ? '' : ` at ${place}`
  const where = type === 'file' && place !== undefined ? `file ${place}` : step.provider + named
  return `${printable(`stored ${ref} in ${where}${field === undefined ? '' : ` (key ${field})`}`)}\n`
}

const WARNINGS: Readonly<Record<StoredWarning, readonly [sentence: string, hint: string]>> = {
  PLACEHOLDER_VALUE: [
    'what was stored looks like a placeholder',
    'run it again with the real value',
  ],
  NUL_BYTE: [
    'what was stored holds a NUL byte, which no variable can',
    'add "delivery": "file" to each slot that is bound to it',
  ],
}

export function warningsOf(
  program: string,
  { warnings, looksLike, misfits = [] }: Written,
): (readonly [sentence: string, hint: string])[] {
  // A placeholder is the wrong form too; one warning says it.
  const wrong = warnings.includes('PLACEHOLDER_VALUE') ? [] : misfits
  const likeness = looksLike === undefined ? 'does not look like' : 'looks like something else than'
  return [
    ...warnings.map((warning) => WARNINGS[warning]),
    ...wrong.map((id): readonly [string, string] => [
      `what was stored ${likeness} ${id}, which the config takes it for`,
      `check that it is the right one; \`${program} targets show ${id}\` says what it looks like`,
    ]),
  ]
}

/** `looks like: stripe-secret-key, clerk`: several where services share a form. */
export function likenessText({ looksLike }: Written): string {
  return looksLike === undefined ? '' : `looks like: ${looksLike.join(', ')}\n`
}

/** For a provider that values can be read from, and not written to. */
export function unwritable(
  program: string,
  ref: string,
  { provider, at }: ChainStep,
  { type }: ProviderConfig,
  { secretsProvider }: { secretsProvider?: string },
): SecretRefError {
  const instead =
    secretsProvider === undefined
      ? `, or \`${program} secrets set ${ref} --secrets-provider file\``
      : ''
  const hints: Readonly<Record<string, string>> = {
    env: `set ${at.path} in the environment that ${program} is started in${instead}`,
    vault: 'its engine makes a new value at each read, and stores none',
    exec: `store it with the tool that this program asks${instead}`,
  }
  return new SecretRefError(
    'PROVIDER_UNSUPPORTED',
    `ref "${ref}" lies in provider "${provider}" of type ${type}, which cannot be written to`,
    { scope: 'provider', hint: hints[type] ?? `choose another provider${instead}` },
  )
}

/** The error for everything but success and a cancel. */
export function notStored(
  io: Io,
  ref: string,
  step: ChainStep,
  { type: providerType }: ProviderConfig,
  report: Failed | Refused | undefined,
): SecretRefError {
  if (report === undefined) {
    return new SecretRefError(
      'PROVIDER_INVALID',
      'the process that stores the value ended without an answer',
      { scope: 'provider', hint: `\`${io.program} doctor\` checks the surroundings` },
    )
  }
  if (report.type === 'refused') return refusedInput(io.program, ref, report.fault)
  const { code, reason, place } = report
  const file = place ?? `what provider "${step.provider}" points to`
  const isService = !IN_FILES.has(providerType ?? '')
  const own = isService ? explainService(io, step.provider, report) : explainWrite(io, file, report)
  const { message, hint } =
    own ??
    explainFailure({
      ref,
      envVar: upperSnake(ref),
      code,
      reason,
      place,
      provider: step.provider,
      providerType,
    })
  const sentence = report.what === 'unknown' ? message : `nothing was stored: ${message}`
  return new SecretRefError(code, sentence, { scope: 'provider', hint })
}

const OWN_FILE = 'give the ref a file of its own: {"provider": "file", "path": "…"}'

/** Types of providers whose values lie in files of ours. */
const IN_FILES: ReadonlySet<string> = new Set(['file', 'store'])

/** Where a service was written to, and no file. */
function explainService(
  io: Io,
  provider: string,
  { what, reason }: Failed,
): Explanation | undefined {
  if (what === 'no-key')
    return explainWrite(io, '', { type: 'failed', what, code: 'FILE_INSECURE' })
  if (what === 'conflict') {
    return {
      message: `somebody else changed it in provider "${provider}" at the same moment`,
      hint: 'run it again',
    }
  }
  if (what === 'unknown') {
    return {
      message: `provider "${provider}" did not say whether it stored the value`,
      hint: 'look there which version is the newest, then run it again',
    }
  }
  if (reason === 'not-permitted') {
    return {
      message: `provider "${provider}" may not be written to`,
      hint: 'check what it signs in with, and that this may read and write there',
    }
  }
  if (reason === 'id-not-found') {
    return {
      message: `provider "${provider}" has nothing that could hold it where the config points`,
      hint: 'correct "mount" or "path" in the config',
    }
  }
  if (reason === 'not-utf8') {
    return {
      message: `the value is not UTF-8, and its place in provider "${provider}" holds nothing else`,
      hint: 'store it as base64 and let the agent decode it, or keep it in a provider of type store',
    }
  }
  if (reason === 'too-large') {
    return {
      message: `the value is larger than what provider "${provider}" holds`,
      hint: 'keep a smaller credential there, by which the agent fetches the rest',
    }
  }
  return undefined
}

/** Where writing needs other words than reading. */
function explainWrite(
  { program, home }: Io,
  file: string,
  { what, reason, place }: Failed,
): Explanation | undefined {
  if (what === 'conflict') {
    return { message: `somebody else changed ${file} at the same moment`, hint: 'run it again' }
  }
  if (what === 'unknown') {
    return {
      message: `the disk did not confirm what was written to ${file}`,
      hint: 'check the disk, then run it again',
    }
  }
  if (what === 'no-key') {
    return {
      message: `the key for fingerprints ${home.fingerprintKey} cannot be used`,
      hint: `\`${program} doctor\` says what is wrong with it`,
    }
  }
  if (reason === 'not-utf8' && place === undefined) {
    return {
      message: 'the value is not UTF-8, and a JSON file can hold nothing else',
      hint: OWN_FILE,
    }
  }
  if (reason === 'too-large') {
    return { message: `${file} would become larger than 1 MiB`, hint: OWN_FILE }
  }
  if (reason === 'not-permitted') {
    return {
      message: `${file} may not be written`,
      hint: 'give this user the right to write it and its folder',
    }
  }
  if (reason === 'io' || reason === 'no-such-file') {
    return {
      message: `${file} could not be written`,
      hint: 'check the disk and the folders above it',
    }
  }
  return undefined
}

/** What came on stdin and is no value. Without a hint of its own: it is to be piped in. */
const FAULTS: Readonly<Record<InputFault, readonly [Code, sentence: string, hint?: string]>> = {
  empty: ['SECRET_EMPTY', 'no value was given', 'type it at the prompt'],
  'too-large': [
    'SECRET_TOO_LARGE',
    'the value is larger than 1 MiB',
    'let the agent fetch it by itself with a smaller credential',
  ],
  'many-lines': ['SECRET_MALFORMED', 'what was pasted has more than one line'],
  control: ['SECRET_MALFORMED', 'what was pasted holds control characters'],
  unreadable: ['USAGE', 'stdin could not be read', 'run it on a terminal'],
}

function refusedInput(program: string, ref: string, fault: InputFault): SecretRefError {
  const [code, sentence, hint] = FAULTS[fault]
  const pipe = `pipe it in: ${program} secrets set ${ref} < FILE`
  const advice = hint === undefined ? pipe : fault === 'too-large' ? hint : `${hint}, or ${pipe}`
  return new SecretRefError(code, `nothing was stored: ${sentence}`, { scope: 'ref', hint: advice })
}
