/** Which stored value a command means: the name that was given, and where the config resolves it. */
import { existsSync } from 'node:fs'
import { providersOf } from '../config/accessors.ts'
import { isValueBeyondDoubt, NAME } from '../config/names.ts'
import type { LoadedConfig, ProviderConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { keptPlaces } from '../gateway/keep/places.ts'
import type { KeptPlaces } from '../gateway/sheet.ts'
import { askedEnvironment, settleEnvironment } from '../plan/environment.ts'
import { planner } from '../plan/plan.ts'
import type { ChainStep } from '../plan/types.ts'
import { literalKind } from '../targets/literals.ts'
import { userHome } from '../state/home.ts'
import type { Io } from './io.ts'

/** The argument is shown only where it can be nothing but a name: a value may stand in its place. */
export function checkName(io: Io, name: string): void {
  const kind = literalKind(name) ?? (isValueBeyondDoubt(name) ? 'by its form' : undefined)
  if (kind === undefined && NAME.test(name)) return
  throw new SecretRefError(
    'USAGE',
    kind === undefined
      ? 'what stands in the place of the name is no name for a ref'
      : `what stands in the place of the name looks like a credential (${kind})`,
    {
      hint:
        kind === undefined
          ? 'names are letters, digits and . _ / -, as in stripe-api-key'
          : `every process could read it: replace it at its service, then \`${io.program} secrets set NAME\` and type the new one at the prompt`,
    },
  )
}

export interface StoredAt {
  step: ChainStep
  provider: ProviderConfig
  environment: string
}

/** Where the config resolves the ref: the first of its chain. */
export function storedAt(
  io: Io,
  loaded: LoadedConfig,
  ref: string,
  options: { environment?: string; secretsProvider?: string },
): StoredAt {
  const { config } = loaded
  const asked = askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT'])
  const { chain, problem } = planner({
    config,
    configDir: loaded.dir,
    userHome: userHome(io.env),
    environment: asked,
  }).route(ref, options.secretsProvider)
  if (problem !== undefined) {
    throw new SecretRefError(problem.code, problem.message, { scope: 'ref', hint: problem.hint })
  }
  const [step] = chain
  const provider = step && providersOf(config).get(step.provider)
  if (step === undefined || provider === undefined)
    throw new TypeError('a route without a problem leads nowhere')
  return { step, provider, environment: settleEnvironment(config, asked).name }
}

/** Where last good values of this config may lie; `undefined` where none is kept at all. */
export function keptIn(io: Io, loaded: LoadedConfig): KeptPlaces | undefined {
  return existsSync(io.home.stale) ? keptPlaces(io, loaded) : undefined
}
