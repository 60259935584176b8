/** The options of an exec provider, as a program to run. Config has checked them against the schema. */
import { isUtf8 } from 'node:buffer'
import { final } from '../../secret/outcome.ts'
import type { Context, Failure } from '../contract.ts'
import type { Program } from './run.ts'

const TIMEOUT_MS = 5000
const MAX_OUTPUT_BYTES = 1024 * 1024

export interface ExecOptions {
  program: Program
  jsonOnly: boolean
  trustedDirs: readonly string[] | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Names of the variables that the program is given from the gateway's environment. */
export function passedNames(options: Fields): readonly string[] {
  return strings(options['passEnv']) ?? []
}

export function readOptions(options: Fields, env: Context['env']): ExecOptions | Failure {
  const { command, args, jsonOnly, trustedDirs } = options
  if (typeof command !== 'string') {
    return final('malformed', 'PROVIDER_INVALID', 'not-absolute')
  }
  const variables = environmentOf(options, env)
  if (variables === undefined) return final('malformed', 'PROVIDER_INVALID', 'not-utf8')
  const timeoutMs = number(options['timeoutMs'], TIMEOUT_MS)
  return {
    program: {
      command,
      args: strings(args) ?? [],
      env: variables,
      timeoutMs,
      noOutputTimeoutMs: number(options['noOutputTimeoutMs'], timeoutMs),
      maxOutputBytes: number(options['maxOutputBytes'], MAX_OUTPUT_BYTES),
    },
    jsonOnly: jsonOnly !== false,
    trustedDirs: trustedDirs === undefined ? undefined : (strings(trustedDirs) ?? []),
  }
}

/**
 * `passEnv`, then `env`, which wins; nothing else. Node's spawn takes strings, and a string cannot be
 * wiped: that is acceptable here alone, because this process ends as soon as its values are delivered.
 * `undefined` where a variable is not UTF-8 and would arrive changed.
 */
function environmentOf(options: Fields, env: Context['env']): Record<string, string> | undefined {
  const passed: [string, string][] = []
  for (const name of passedNames(options)) {
    const value = env.get(name)
    if (value === undefined) continue
    if (!isUtf8(value)) return undefined
    passed.push([name, value.toString('utf8')])
  }
  const fixed = Object.entries(options['env'] ?? {}).map(([name, text]): [string, string] => [
    name,
    String(text),
  ])
  return Object.fromEntries([...passed, ...fixed])
}

function strings(list: unknown): string[] | undefined {
  return Array.isArray(list) ? list.map(String) : undefined
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
