/** The config that a command works with. */
import { loadConfig } from '../config/load.ts'
import { locateConfig } from '../config/locate.ts'
import { requireTrust } from '../config/trust.ts'
import type { LoadedConfig } from '../config/types.ts'
import type { Io } from './io.ts'

/**
 * @param how `trusted`: what follows starts something, or fetches or writes a value; a config that was
 *   merely found in the current folder then needs `secretref trust`
 */
export async function openConfig(
  io: Io,
  options: { config?: string },
  how: { trusted: boolean },
): Promise<LoadedConfig> {
  const source = locateConfig({ flag: options.config, env: io.env, cwd: io.cwd })
  const loaded = await loadConfig(source, { now: io.now() })
  if (how.trusted) requireTrust(loaded, io.home)
  return loaded
}
