/** The `exec` provider: a program of yours that speaks OpenClaw's exec protocol, version 1. */
import { final } from '../secret/outcome.ts'
import type { Provider, Session } from './contract.ts'

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
    env: (options) => (Array.isArray(options['passEnv']) ? options['passEnv'].map(String) : []),
  },
  async open(): Promise<Session> {
    return {
      get: async (items) =>
        items.map(() => final('malformed', 'UNSUPPORTED', 'not-in-this-version')),
      close: async () => {},
    }
  },
}
