/** The `exec` provider: a program of yours that speaks OpenClaw's exec protocol, version 1. */
import { wipe } from '../secret/bytes.ts'
import { closed, final, timedOut, unavailable } from '../secret/outcome.ts'
import type { Context, Failure, Location, Outcome, Provider, Session } from './contract.ts'
import { isId, outcomeOf, readAnswer, requestOf, type Answer } from './exec/answer.ts'
import { refusalOf } from './exec/command.ts'
import { passedNames, readOptions, type ExecOptions } from './exec/options.ts'
import { run } from './exec/run.ts'

const VARIABLE = '^[A-Za-z_][A-Za-z0-9_]{0,127}$'

export const provider: Provider = {
  spec: {
    type: 'exec',
    summary: "A program of yours that speaks OpenClaw's exec protocol, version 1.",
    options: {
      type: 'object',
      properties: {
        command: {
          type: 'string',
          pattern: '^/',
          description:
            'Absolute path of the program: a regular file, yours or root’s, that no other can write.',
        },
        args: {
          type: 'array',
          items: { type: 'string', maxLength: 1024 },
          maxItems: 128,
          default: [],
        },
        timeoutMs: {
          type: 'integer',
          minimum: 1,
          maximum: 120_000,
          default: 5000,
          description: 'Milliseconds for the whole answer.',
        },
        noOutputTimeoutMs: {
          type: 'integer',
          minimum: 1,
          maximum: 120_000,
          description: 'Milliseconds without any output. Left out: `timeoutMs`.',
        },
        maxOutputBytes: {
          type: 'integer',
          minimum: 1,
          maximum: 20_971_520,
          default: 1_048_576,
          description: 'Bytes of stdout and stderr together.',
        },
        jsonOnly: {
          type: 'boolean',
          default: true,
          description:
            'False: where one id is asked for, an answer that is not JSON is the value itself.',
        },
        env: {
          type: 'object',
          propertyNames: { pattern: VARIABLE },
          additionalProperties: { type: 'string' },
          description: 'Variables with fixed text for the program; not for values.',
        },
        passEnv: {
          type: 'array',
          items: { type: 'string', pattern: VARIABLE },
          maxItems: 128,
          description: 'Names of variables that the program gets from the gateway’s environment.',
        },
        trustedDirs: {
          type: 'array',
          items: { type: 'string', pattern: '^/' },
          maxItems: 64,
          description: 'Absolute folders; the program must lie in one of them.',
        },
      },
      required: ['command'],
      additionalProperties: false,
    },
    env: (options) => passedNames(options),
  },
  async open(options, ctx): Promise<Session> {
    return new ExecSession(options, ctx)
  },
}

class ExecSession implements Session {
  readonly #options: ExecOptions | Failure
  readonly #ctx: Context
  readonly #closing = new AbortController()

  constructor(options: Readonly<Record<string, unknown>>, ctx: Context) {
    this.#options = readOptions(options, ctx.env)
    this.#ctx = ctx
  }

  /** Runs the program once for the whole batch; nothing is kept for a second one. */
  async get(items: readonly Location[]): Promise<readonly Outcome[]> {
    if (this.#closing.signal.aborted) return items.map(() => closed)
    const ids = [...new Set(items.flatMap(idsOf))].filter(isId)
    const answer = ids.length === 0 ? badName : await this.#ask(ids)
    try {
      return items.map((at) => pick(answer, at))
    } finally {
      if ('wipe' in answer) answer.wipe()
    }
  }

  async #ask(ids: readonly string[]): Promise<Asked | Failure> {
    const options = this.#options
    if ('kind' in options) return options
    const { program, trustedDirs, jsonOnly } = options
    const { signal, name } = this.#ctx
    if (signal.aborted) return timedOut
    const request = requestOf(name, ids)
    if (request === undefined) return final('malformed', 'PROVIDER_INVALID', 'too-large')
    const refused = await refusalOf(program.command, trustedDirs)
    if (refused !== undefined) return refused
    if (!this.#ctx.spend(1)) return unavailable('budget', program.command)
    const ended = AbortSignal.any([signal, this.#closing.signal])
    const output = await run(program, request, ended)
    if (output.kind !== 'output') return output
    const answer = readAnswer(output.stdout, !jsonOnly && ids.length === 1)
    if (answer.kind !== 'answer' && answer.kind !== 'one') {
      wipe(output.stdout)
      return answer
    }
    const wipeAll = (): void =>
      wipe(output.stdout, answer.kind === 'one' ? answer.value : undefined)
    return { answer, wipe: wipeAll }
  }

  /** Ends a program that is still running. */
  async close(): Promise<void> {
    this.#closing.abort()
  }
}

interface Asked {
  answer: Answer
  wipe(): void
}

const badName: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-name')

/** The id, and a second spelling of it that is asked for in the same request. */
function idsOf(at: Location): string[] {
  return at.alias === undefined ? [at.path] : [at.path, at.alias]
}

/** An answer has ids and nothing below them: a location with a field is a mistake. */
function pick(asked: Asked | Failure, at: Location): Outcome {
  const ids = idsOf(at)
  if (at.field !== undefined || !ids.every(isId)) return badName
  if ('kind' in asked) return asked
  let outcome: Outcome = badName
  for (const id of ids) {
    outcome = outcomeOf(asked.answer, id)
    if (outcome.kind !== 'absent') return outcome
  }
  return outcome
}
