/**
 * The `env` provider: a variable of the gateway's own environment, as bytes. It sees only the
 * variables that the config states, which the resolver hands over in `ctx.env`.
 */
import { VARIABLE } from '../../config/names.ts'
import { copy } from '../secret/bytes.ts'
import { closed, final, found, untilAborted } from '../secret/outcome.ts'
import type { Context, Location, Outcome, Provider, Session } from './contract.ts'

/** `path` is the variable, `alias` a second one that is tried where the first is not set. */
function variables(at: Location): string[] {
  return at.alias === undefined ? [at.path] : [at.path, at.alias]
}

function read(at: Location, env: Context['env']): Outcome {
  // A variable has nothing below it: a location with a field is a mistake.
  if (at.field !== undefined || !variables(at).every((name) => VARIABLE.test(name))) {
    return final('malformed', 'PROVIDER_INVALID', 'bad-name')
  }
  for (const name of variables(at)) {
    const value = env.get(name)
    if (value !== undefined) return found(copy(value))
  }
  return final('absent', 'SECRET_NOT_FOUND', 'no-such-variable', at.path)
}

export const provider: Provider = {
  spec: {
    type: 'env',
    summary: 'A variable in the environment that the gateway was started with.',
    options: { type: 'object', properties: {}, additionalProperties: false },
    env: (_options, locations) => [
      ...new Set(locations.flatMap(variables).filter((name) => VARIABLE.test(name))),
    ],
  },
  async open(_options, ctx): Promise<Session> {
    let open = true
    return {
      get: async (items) =>
        untilAborted(ctx.signal, items.length, async () =>
          items.map((at) => (open ? read(at, ctx.env) : closed)),
        ),
      close: async () => {
        open = false
      },
    }
  },
}
