/** A provider's options as its process gets them: paths absolute, defaults of the place filled in. */
import type { ProviderConfig } from '../config/types.ts'
import { absolute } from '../plan/locate.ts'
import { userHome, type Home } from '../state/home.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @param dir the folder that the config lies in; relative paths start there, `~/` at the user's home
 */
export function resolveOptions(
  provider: ProviderConfig,
  dir: string,
  home: Home,
  env: Environment,
): Readonly<Record<string, unknown>> {
  if (provider.type !== 'file') return provider.options
  const { path } = provider.options
  if (typeof path !== 'string') return { ...provider.options, search: home.secretsFiles }
  return { ...provider.options, path: absolute(path, { configDir: dir, userHome: userHome(env) }) }
}
