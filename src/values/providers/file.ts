/**
 * The `file` provider: values in a file of ours that nobody else can reach. Three shapes: a JSON file
 * of names and values, a folder with one raw value a file, one file that is the value.
 */
import { SecretRefError } from '../../errors.ts'
import { closed, final, timedOut, untilAborted } from '../secret/outcome.ts'
import type {
  Context,
  Location,
  Meta,
  Provider,
  PutOptions,
  PutOutcome,
  Session,
} from './contract.ts'
import { getAll } from './file/get.ts'
import { listNames } from './file/list.ts'
import { absolute, type Place } from './file/place.ts'
import { put } from './file/put.ts'

/**
 * Where the provider's own values lie. `search` is not for configs: where they name no `path`, the
 * gateway fills it with two absolute paths, of which the first that exists is used, alone.
 */
function placeOf(options: Readonly<Record<string, unknown>>): Place | undefined {
  const { path, search, format } = options
  if (format !== undefined && format !== 'json' && format !== 'raw') return undefined
  const stated: readonly unknown[] =
    path !== undefined ? [path] : Array.isArray(search) ? search : []
  const paths = stated.map(absolute).filter((one) => one !== undefined)
  return paths.length === 0 || paths.length < stated.length ? undefined : { paths, format }
}

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
  async open(options, ctx): Promise<Session> {
    return new FileSession(placeOf(options), ctx)
  },
}

class FileSession implements Session {
  readonly #place: Place | undefined
  readonly #ctx: Context
  #open = true

  constructor(place: Place | undefined, ctx: Context) {
    this.#place = place
    this.#ctx = ctx
  }

  get(items: readonly Location[]): ReturnType<Session['get']> {
    return untilAborted(this.#ctx.signal, items.length, async () =>
      this.#open ? getAll(this.#place, items) : items.map(() => closed),
    )
  }

  async *list(prefix: string): AsyncIterable<{ at: Location; meta: Meta }> {
    const names = this.#open ? await listNames(this.#place) : closed
    if (!('names' in names)) {
      throw new SecretRefError(names.code, 'the file provider cannot list its names', {
        scope: 'provider',
      })
    }
    for (const { name, meta } of names.names) {
      if (name.startsWith(prefix)) yield { at: { path: '', field: name }, meta }
    }
  }

  async put(at: Location, value: Buffer, options: PutOptions): Promise<PutOutcome> {
    if (!this.#open) return closed
    if (this.#ctx.signal.aborted) return timedOut
    if (options.stage === 'pending') {
      return final('malformed', 'UNSUPPORTED', 'not-in-this-version')
    }
    return put(this.#place, at, value, options.expect, this.#ctx.now())
  }

  async close(): Promise<void> {
    this.#open = false
  }
}
