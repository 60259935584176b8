/** Mistakes in a config: one error that carries all of them, and their places as text. */
import { SecretRefError, type Code } from '../errors.ts'
import { printable } from '../printable.ts'
import { literalKind } from '../targets/literals.ts'
import { looksLikeValue } from './names.ts'
import type { Problem } from './types.ts'

/** A path in the document. */
export type At = readonly (string | number)[]

/** How many problems are printed; `--json` gives all. */
const PRINTED = 50

/** Thrown for a config with mistakes: `problems` holds every one, warnings among them. */
export class ConfigError extends SecretRefError {
  readonly path: string
  readonly problems: readonly Problem[]

  constructor(path: string, problems: readonly Problem[]) {
    const errors = problems.filter(({ severity }) => severity === 'error')
    const literalsOnly = errors.every(({ code }) => code === 'HARDCODED_CREDENTIAL')
    super(
      literalsOnly ? 'HARDCODED_CREDENTIAL' : 'CONFIG_INVALID',
      literalsOnly
        ? `a credential stands in the config ${path}`
        : `the config ${path} has ${counted(errors.length)}`,
      { scope: 'config', hint: '`secretref config check` lists every mistake with its place' },
    )
    this.name = 'ConfigError'
    this.path = path
    this.problems = problems
  }

  override toJSON(): ReturnType<SecretRefError['toJSON']> & {
    path: string
    problems: readonly Problem[]
  } {
    return { ...super.toJSON(), path: this.path, problems: this.problems }
  }
}

/** A problem of any kind, such as one that only a plan finds. */
export type Finding = Omit<Problem, 'code'> & { code: Code }

/** `FILE:LINE:COLUMN: PLACE: what is wrong [CODE]`, each with its hint, safe for a terminal. */
export function problemsText(path: string, problems: readonly Finding[]): string {
  const lines = problems.slice(0, PRINTED).flatMap((problem) => {
    const { severity, code, at, message, hint, line, column } = problem
    const where = line === undefined ? path : `${path}:${line}:${column ?? 1}`
    const kind = severity === 'warning' ? 'warning: ' : ''
    const text = `${where}: ${kind}${placeOf(at)}: ${message} [${code}]`
    return hint === undefined ? [text] : [text, `  hint: ${hint}`]
  })
  if (problems.length > PRINTED) lines.push(`and ${problems.length - PRINTED} more`)
  return lines.map((line) => `${printable(line)}\n`).join('')
}

function counted(mistakes: number): string {
  return mistakes === 1 ? 'a mistake' : `${mistakes} mistakes`
}

export function invalid(at: At, message: string, hint?: string): Problem {
  return { code: 'CONFIG_INVALID', severity: 'error', at, message, ...(hint && { hint }) }
}

/** The one sentence for a credential that stands where a ref belongs, or anywhere at all. */
export function hardcoded(at: At, message: string): Problem {
  return {
    code: 'HARDCODED_CREDENTIAL',
    severity: 'error',
    at,
    message,
    hint: 'move the value into a provider (`secretref secrets set NAME`) and write {"secretRef": "NAME"} here',
  }
}

/** A path as a person writes it: `agents.payment-analyst.command[0]`, `agents["a.b"]`. */
export function placeOf(at: At): string {
  let place = ''
  for (const step of at) {
    if (typeof step === 'number') place += `[${step}]`
    else if (!/^[A-Za-z0-9_$-]+$/.test(step)) place += `[${JSON.stringify(step)}]`
    else place += place === '' ? step : `.${step}`
  }
  return place === '' ? 'the document' : place
}

/** A key that may be shown. One that is a credential, or looks like one, is not. */
export function shownKey(key: string): string {
  if (literalKind(key) !== undefined || looksLikeValue(key)) return '(hidden)'
  return key.length > 128 ? `${key.slice(0, 24)}…` : key
}

/** A problem whose path may be shown. */
export function withShownKeys<P extends Finding>(problem: P): P {
  return { ...problem, at: problem.at.map(shownStep) }
}

export function shownStep(step: string | number): string | number {
  return typeof step === 'string' ? shownKey(step) : step
}

/** In the order of the document; what has no line comes first. */
export function byPlace(a: Finding, b: Finding): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
