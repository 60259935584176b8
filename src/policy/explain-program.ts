/**
 * Why a rotating program of the driver `exec` did not do its step: what it was started for, how it ended,
 * and never what it printed. Pure.
 */
import type { Code } from '../errors.ts'
import { shellWord } from '../shell-word.ts'
import { explainFailure, type Explanation } from './explain.ts'
import { isOfRotations } from './explain-rotation.ts'

export interface ProgramFailure {
  ref: string
  /** Absolute path, as the config states it. */
  command: string
  code: Code
  reason?: string | undefined
  /** Of the step: `refused`, `unavailable`, `unknown`, `waiting` and what is made of these. */
  result: string
  /** The value that it was to try. */
  whose?: 'new' | 'old' | undefined
  /** The ref of the credential that it is given to act by; left out: the current value. */
  admin?: string | undefined
  /** What it was started for, and how it ended. */
  program: {
    step: string
    exit?: number
    signal?: string
    /** Milliseconds. */
    timeoutMs?: number
  }
}

type Explain = (failed: ProgramFailure) => Explanation

const NOT_SHOWN = 'what it printed is not shown, it may hold a value'
const PROTOCOL = 'docs/rotation-exec.md has what each step answers'

export function explainProgram(failed: ProgramFailure): Explanation {
  const { ref, command, code, reason } = failed
  const explain = reason === undefined ? answered : BY_REASON.get(reason)
  if (explain !== undefined) return explain(failed)
  const place = isOfRotations(reason) ? undefined : command
  const about = { ref, envVar: ref, code, reason, place }
  return explainFailure({ ...about, provider: 'exec', providerType: 'exec' })
}

function called({ ref, command }: ProgramFailure): string {
  return `the program that rotates "${ref}", ${command},`
}

function step({ program, whose }: ProgramFailure): string {
  const tried = program.step === 'try' && whose !== undefined ? ` of the ${whose} value` : ''
  return `step "${program.step}"${tried}`
}

/** It has given a reason of its own for not doing it. */
const answered: Explain = (failed) => {
  const { ref, result, whose, admin, program } = failed
  if (result === 'waiting') {
    return {
      message: `${called(failed)} waits for somebody before ${step(failed)}`,
      hint: `do what it waits for; it is asked again within five minutes, or at once by: secretref secrets rotate --ref ${ref} --force`,
    }
  }
  if (result === 'unavailable') {
    return {
      message: `${called(failed)} could not do ${step(failed)}, and has done nothing`,
      hint: 'its own log says why; it is tried again',
    }
  }
  if (result === 'unknown') {
    return {
      message: `${called(failed)} does not know whether ${step(failed)} was done`,
      hint: 'its own log says why; it is tried again',
    }
  }
  if (program.step === 'try' && whose !== undefined) {
    return {
      message: `${called(failed)} says that its service refuses the ${whose} value`,
      hint:
        whose === 'new'
          ? 'the current one stays; look at the service what is wrong with new ones'
          : 'look at the service what became of it',
    }
  }
  const by = admin === undefined ? `the current value of "${ref}"` : `"${admin}"`
  return {
    message: `${called(failed)} was refused ${step(failed)}, which it did by ${by}`,
    hint: `its own log says why; if that value no longer works, set one that does: secretref secrets set ${admin ?? ref}`,
  }
}

const BY_REASON: ReadonlyMap<string, Explain> = new Map<string, Explain>([
  [
    'no-such-file',
    (failed) => ({
      message: `${called(failed)} does not exist`,
      hint: 'put it there, or correct "command" beside its driver; nothing was done',
    }),
  ],
  [
    'not-executable',
    (failed) => ({
      message: `${called(failed)} is not executable`,
      hint: `run: chmod u+x ${shellWord(failed.command)}`,
    }),
  ],
  [
    'not-startable',
    (failed) => ({
      message: `${called(failed)} could not be started`,
      hint: 'its first line may name an interpreter that is not there; nothing was done',
    }),
  ],
  [
    'timeout',
    (failed) => ({
      message: `${called(failed)} did not answer ${step(failed)} within ${seconds(failed)}, and was ended`,
      hint: 'run it by hand with that step on stdin; if it is only slow, raise its "timeoutMs" (120000 at most)',
    }),
  ],
  [
    'exit-code',
    (failed) => ({
      message: `${called(failed)} ended with exit code ${failed.program.exit ?? 'other than 0'} at ${step(failed)}`,
      hint: `${NOT_SHOWN}; run it by hand with that step on stdin, or have it write a log of its own`,
    }),
  ],
  [
    'killed',
    (failed) => ({
      message: `${called(failed)} was ended by ${failed.program.signal ?? 'a signal'} at ${step(failed)}`,
      hint: 'the memory may not suffice, or it has a mistake; run it by hand with that step on stdin',
    }),
  ],
  [
    'output-too-large',
    (failed) => ({
      message: `${called(failed)} wrote more than 1 MiB at ${step(failed)}, and was ended`,
      hint: `it answers with one JSON object: ${PROTOCOL}`,
    }),
  ],
  [
    'refused-metadata',
    (failed) => ({
      message: `${called(failed)} answered ${step(failed)} with a name that is a value, or holds one`,
      hint: `as "${failed.program.step === 'marked' ? 'ids' : 'id'}" have it answer the service's own name for a credential, and where there is none leave "id" out; names are not secret, and go into the audit log`,
    }),
  ],
  [
    'same-value',
    (failed) => ({
      message: `${called(failed)} answered ${step(failed)} with the value that is current`,
      hint: `the new value is what it answers with; what its service has made is looked for by its mark, and ended`,
    }),
  ],
  [
    'bad-answer',
    (failed) => ({
      message: `${called(failed)} answered ${step(failed)} with something else than its protocol has`,
      hint: `${NOT_SHOWN}; ${PROTOCOL}`,
    }),
  ],
])

function seconds({ program: { timeoutMs } }: ProgramFailure): string {
  return timeoutMs === undefined ? 'its time' : `${timeoutMs / 1000} s`
}
