/** Where last good values of a config lie, which go with a change of what they were. */
import type { LoadedConfig } from '../../config/types.ts'
import { homeEnvironment } from '../../plan/environment.ts'
import { shellWord } from '../../shell-word.ts'
import type { Home } from '../../state/home.ts'
import type { KeptPlaces } from '../sheet.ts'

/** In every environment; whether any is kept is not looked at. */
export function keptPlaces(
  { home }: { home: Home },
  { config, path }: Pick<LoadedConfig, 'config' | 'path'>,
): KeptPlaces {
  const environments = [homeEnvironment(config), ...Object.keys(config.environments ?? {})]
  return {
    dir: home.stale,
    identity: home.store.identity,
    fingerprintKey: home.fingerprintKey,
    config: path,
    environments: [...new Set(environments)],
  }
}

/** What is said where one of them could not be removed. */
export function undroppedWords(
  { home }: { home: Home },
  ref: string,
): readonly [string, hint: string] {
  return [
    `the last good value of "${ref}" from before is still kept for an outage`,
    `remove what is kept: rm ${shellWord(home.stale)}/*.age`,
  ]
}
