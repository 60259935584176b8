/**
 * `exec`: a program of yours rotates. It is started once for each step, with one JSON object on its stdin,
 * and answers with one on its stdout; docs/rotation-exec.md has the protocol, version 1.
 */
import { access, constants } from 'node:fs/promises'
import { readOptions } from '../../providers/exec/options.ts'
import { refusalOf } from '../../providers/exec/command.ts'
import { run, type Program } from '../../providers/exec/run.ts'
import { wipe } from '../../secret/bytes.ts'
import { unavailable } from '../../secret/outcome.ts'
import type { ProgramEnd, ProgramStep } from '../../../rotation/program.ts'
import type { Failure } from '../../providers/contract.ts'
import type {
  Credential,
  Driver,
  DriverContext,
  Issuer,
  Made,
  Marked,
  Tried,
  Trouble,
} from '../driver.ts'
import { answerOf, requestOf, type Answered } from './exec/protocol.ts'

const TIMEOUT_MS = 30_000
const MAX_OUTPUT = 1_048_576
const NAMES = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$' } as const

export const driver: Driver = {
  spec: {
    type: 'exec',
    class: 'stated',
    summary: 'A program of yours, started once for each step.',
    options: {
      type: 'object',
      properties: {
        class: {
          type: 'string',
          enum: ['chosen', 'issued', 'slots', 'roll'],
          description: 'How the service lets a credential be replaced.',
        },
        command: { type: 'string', pattern: '^/', description: 'Absolute path of the program.' },
        args: { type: 'array', items: { type: 'string', maxLength: 1024 }, maxItems: 128 },
        timeoutMs: {
          type: 'integer',
          minimum: 1,
          maximum: 120_000,
          default: TIMEOUT_MS,
          description: 'Milliseconds for one step.',
        },
        env: { type: 'object', propertyNames: NAMES, additionalProperties: { type: 'string' } },
      },
      required: ['class', 'command'],
      additionalProperties: false,
    },
  },
  async open(options, ctx): Promise<Issuer> {
    const program = new ExecDriver(options, ctx)
    const ours = options['class'] === 'chosen' || options['class'] === 'slots'
    return {
      ...(ours
        ? {
            choose: (current) => program.made('choose', { current }),
            set: (next, current) => program.done('set', { next, current }),
          }
        : {
            create: (tag, current) => program.made('create', { tag, current }),
            marked: (tag) => program.marked(tag),
          }),
      try: (credential) => program.tried(credential),
      end: (credential) => program.done('end', { current: credential }),
      close: async () => {},
    }
  },
}

class ExecDriver {
  readonly #options: Readonly<Record<string, unknown>>
  readonly #ctx: DriverContext

  constructor(options: Readonly<Record<string, unknown>>, ctx: DriverContext) {
    this.#options = options
    this.#ctx = ctx
  }

  async made(step: ProgramStep, about: Parameters<typeof requestOf>[1]): Promise<Made> {
    const answer = await this.#ask(step, about)
    if (answer.kind !== 'answer') return answer
    const { value, id } = answer
    return value === undefined ? unclear(step) : { kind: 'made', value, ...(id && { id }) }
  }

  async done(
    step: ProgramStep,
    about: Parameters<typeof requestOf>[1],
  ): Promise<{ kind: 'ok' } | Trouble> {
    const answer = await this.#ask(step, about)
    if (answer.kind !== 'answer') return answer
    wipe(answer.value)
    return { kind: 'ok' }
  }

  async tried(current: Credential): Promise<Tried> {
    const answer = await this.#ask('try', { current })
    if (answer.kind !== 'answer') return answer
    wipe(answer.value)
    return { kind: 'valid', account: answer.account ?? '' }
  }

  async marked(tag: string): Promise<Marked> {
    const answer = await this.#ask('marked', { tag })
    if (answer.kind !== 'answer') return answer
    wipe(answer.value)
    if (answer.unlisted === true) return { kind: 'unlisted' }
    return answer.ids === undefined ? unclear('marked') : { kind: 'ids', ids: answer.ids }
  }

  async #ask(
    step: ProgramStep,
    about: Parameters<typeof requestOf>[1],
  ): Promise<Extract<Answered, { kind: 'answer' }> | Trouble> {
    const { class: _, ...stated } = this.#options
    const options = readOptions({ timeoutMs: TIMEOUT_MS, ...stated }, new Map())
    if ('kind' in options) return troubleOf(options, step)
    const { command, timeoutMs } = options.program
    const refused = await unfit(command)
    if (refused !== undefined) return troubleOf(refused, step)
    const { admin } = this.#ctx
    const request = requestOf(step, { ...about, ...(admin && { admin: { value: admin } }) })
    try {
      const end: ProgramEnd = { step }
      const ended: Program['ended'] = (exit, signal) => {
        if (exit !== null && exit !== 0) end.exit = exit
        if (signal !== null) end.signal = signal
      }
      const program = { ...options.program, maxOutputBytes: MAX_OUTPUT, ended }
      const output = await run(program, request, this.#ctx.signal)
      if (output.kind !== 'output') return stopped(output, end, timeoutMs)
      const answer = answerOf(output.stdout)
      wipe(output.stdout)
      if (answer.kind !== 'answer') return { ...answer, program: { step } }
      return answer.unlisted === true && step !== 'marked' ? unclear(step) : answer
    } finally {
      wipe(request)
    }
  }
}

/** Before it is started, so that nothing was done: that it is there, safe, and may be run. */
async function unfit(command: string): Promise<Failure | undefined> {
  const refused = await refusalOf(command, undefined)
  if (refused?.reason === 'not-startable') return unavailable('no-such-file', command)
  if (refused !== undefined) return refused
  try {
    await access(command, constants.X_OK)
    return undefined
  } catch {
    // It was there a moment ago.
    return unavailable('not-executable', command)
  }
}

/** Whatever it was at when it ended: it may have been done. */
function stopped(failure: Failure, end: ProgramEnd, timeoutMs: number): Trouble {
  const { code, reason = 'bad-answer' } = failure
  if (reason === 'not-startable') return troubleOf(failure, end.step)
  const program = reason === 'timeout' ? { ...end, timeoutMs } : end
  return { kind: 'unknown', code, reason, program }
}

function unclear(step: ProgramStep): Trouble {
  return { kind: 'unknown', code: 'PROVIDER_INVALID', reason: 'bad-answer', program: { step } }
}

function troubleOf({ kind, code, reason }: Failure, step: ProgramStep): Trouble {
  const what = kind === 'unavailable' ? 'unavailable' : 'refused'
  return { kind: what, code, ...(reason === undefined ? {} : { reason }), program: { step } }
}
