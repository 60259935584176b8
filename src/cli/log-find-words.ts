/** What became of a `log find`, in words. */
import type { Query } from '../audit/query.ts'
import type { Moment, Use } from '../audit/uses.ts'
import { SecretRefError, type Code } from '../errors.ts'
import type { InputFault } from '../gateway/input/set-words.ts'
import { printable, type Io } from './io.ts'
import { table } from './table.ts'

/** So many runs are named; `--json` has more. */
const SHOWN_RUNS = 5

export function foundText(fingerprint: string, uses: readonly Use[], program: string): string {
  const records = uses.reduce((sum, use) => sum + use.records, 0)
  const rows = uses.map((use) => [
    use.agent ?? '-',
    use.ref ?? '-',
    String(use.records),
    String(use.delivered),
    whenText(use.first),
    whenText(use.last),
  ])
  const runs = uses.flatMap(({ agent, ref, runs: all, moreRuns }) => {
    if (all.length === 0) return []
    const last = all.slice(-SHOWN_RUNS).join(', ')
    const count = `${all.length}${moreRuns ? ' and more' : ''}`
    return [`runs of ${agent ?? '-'} with ${ref ?? '-'}: ${count}, the last: ${last}\n`]
  })
  const [shown] = uses.flatMap(({ ref }) => ref ?? [])
  return [
    `found: ${records} record${records === 1 ? ' holds' : 's hold'} the fingerprint of this value, ${printable(fingerprint)}\n`,
    table([['AGENT', 'REF', 'RECORDS', 'DELIVERED', 'FIRST', 'LAST'], ...rows]),
    ...runs.map((line) => `${printable(line.trimEnd())}\n`),
    shown === undefined ? '' : `all of them: ${program} log show --ref ${printable(shown)}\n`,
  ].join('')
}

function whenText({ seq, time, archive }: Moment): string {
  return `${time.replace(/\.\d{3}Z$/, 'Z')} (record ${seq}${archive === undefined ? '' : ` of ${archive}`})`
}

export function notFoundText(io: Io, fingerprint: string, { since, until }: Query): string {
  const when = since === undefined && until === undefined ? '' : ' of the time that was asked for'
  return (
    `not found: no record${when} holds the fingerprint of this value, ${printable(fingerprint)}\n` +
    `it was never delivered or stored by this installation, or the log or the key ${printable(io.home.fingerprintKey)} were replaced since\n`
  )
}

/** What came on stdin and is no value. */
const FAULTS: Readonly<Record<InputFault, readonly [Code, sentence: string]>> = {
  empty: ['SECRET_EMPTY', 'no value was given'],
  'too-large': [
    'SECRET_TOO_LARGE',
    'the value is larger than 1 MiB, and no value that is stored is',
  ],
  'many-lines': ['SECRET_MALFORMED', 'what was pasted has more than one line'],
  control: ['SECRET_MALFORMED', 'what was pasted holds control characters'],
  unreadable: ['USAGE', 'stdin could not be read'],
}

export function refused(program: string, fault: InputFault): SecretRefError {
  const [code, sentence] = FAULTS[fault]
  return new SecretRefError(code, `nothing was searched for: ${sentence}`, {
    scope: 'audit',
    hint:
      fault === 'too-large'
        ? 'search for the credential alone, without what stands around it'
        : `type it at the prompt, or pipe it in: ${program} log find --value-stdin < FILE`,
  })
}

/** @param code of the key; undefined where the finder ended without an answer */
export function unusableKey(io: Io, code: Code | undefined): SecretRefError {
  const hint = `\`${io.program} doctor\` says what is wrong`
  if (code === undefined) {
    return new SecretRefError(
      'INTERNAL',
      'the process that reads the value ended without an answer',
      {
        scope: 'audit',
        hint,
      },
    )
  }
  return new SecretRefError(
    code,
    `the key for fingerprints ${io.home.fingerprintKey} cannot be used`,
    { scope: 'audit', hint },
  )
}
