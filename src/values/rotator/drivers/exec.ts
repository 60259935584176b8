/**
 * `exec`: a program of yours rotates. It is started once for each step, with one JSON object on its stdin,
 * and answers with one on its stdout; docs/rotation-exec.md has the protocol, version 1.
 */
import { readOptions } from '../../providers/exec/options.ts'
import { refusalOf } from '../../providers/exec/command.ts'
import { run } from '../../providers/exec/run.ts'
import { wipe } from '../../secret/bytes.ts'
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
import { answerOf, requestOf, type Answered, type Step } from './exec/protocol.ts'

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

  async made(step: Step, about: Parameters<typeof requestOf>[1]): Promise<Made> {
    const answer = await this.#ask(step, about)
    if (answer.kind !== 'answer') return answer
    const { value, id } = answer
    return value === undefined ? unclear : { kind: 'made', value, ...(id && { id }) }
  }

  async done(
    step: Step,
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
    return answer.ids === undefined ? unclear : { kind: 'ids', ids: answer.ids }
  }

  async #ask(
    step: Step,
    about: Parameters<typeof requestOf>[1],
  ): Promise<Extract<Answered, { kind: 'answer' }> | Trouble> {
    const { class: _, ...stated } = this.#options
    const options = readOptions({ timeoutMs: TIMEOUT_MS, ...stated }, new Map())
    if ('kind' in options) return troubleOf(options)
    const refused = await refusalOf(options.program.command, options.trustedDirs)
    if (refused !== undefined) return troubleOf(refused)
    const { admin } = this.#ctx
    const request = requestOf(step, { ...about, ...(admin && { admin: { value: admin } }) })
    try {
      const program = { ...options.program, maxOutputBytes: MAX_OUTPUT }
      const output = await run(program, request, this.#ctx.signal)
      // Whatever it was at when it ended: it may have been done.
      if (output.kind !== 'output') {
        return output.reason === 'not-startable' ? troubleOf(output) : unclear
      }
      const answer = answerOf(output.stdout)
      wipe(output.stdout)
      const isUnlisted = answer.kind === 'answer' && answer.unlisted === true
      return isUnlisted && step !== 'marked' ? unclear : answer
    } finally {
      wipe(request)
    }
  }
}

const unclear: Trouble = { kind: 'unknown', code: 'PROVIDER_INVALID', reason: 'bad-answer' }

function troubleOf({ kind, code, reason }: Failure): Trouble {
  const what = kind === 'unavailable' ? 'unavailable' : 'refused'
  return { kind: what, code, ...(reason === undefined ? {} : { reason }) }
}
