/** The `file` provider: values in a file of ours that nobody else can reach. */
import { final } from '../secret/outcome.ts'
import type { Provider, Session } from './contract.ts'

export const provider: Provider = {
  spec: {
    type: 'file',
    summary:
      'A JSON file of names and values, a folder with one raw value a file, or one raw file.',
    options: {
      type: 'object',
      properties: {
        path: {
          type: 'string',
          minLength: 1,
          description:
            'The file or folder; `~` is your home, a relative path starts at the config. Left out: `$SECRETREF_HOME/secrets.json`, else `~/.openclaw/secrets/secrets.json`.',
        },
        format: {
          enum: ['json', 'raw'],
          description:
            'What the file holds: `json`, names and values; `raw`, the one value itself.',
        },
      },
      additionalProperties: false,
    },
    env: () => [],
  },
  async open(): Promise<Session> {
    return {
      get: async (items) =>
        items.map(() => final('malformed', 'UNSUPPORTED', 'not-in-this-version')),
      close: async () => {},
    }
  },
}
