/** The config that a command works with. */
import { loadConfig } from '../config/load.ts'
import { locateConfig, type Source } from '../config/locate.ts'
import { requireTrust } from '../config/trust.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { printable, type Io } from './io.ts'

/**
 * @param how `trusted`: what follows starts something, or fetches or writes a value; a config that was
 *   merely found in the current folder then needs `secretref trust`
 */
export async function openConfig(
  io: Io,
  options: { config?: string },
  how: { trusted: boolean },
): Promise<LoadedConfig> {
  const source = sourceOf(io, options.config)
  const loaded = await loadConfig(source, { now: io.now() })
  if (how.trusted) requireTrust(loaded, io.home)
  else noteTrust(io, loaded)
  return loaded
}

/** What is shown of a config that is not trusted is true only after it is. */
function noteTrust(io: Io, loaded: LoadedConfig): void {
  try {
    requireTrust(loaded, io.home)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    io.err(`${io.program}: note: nothing starts by this config: ${printable(error.message)}\n`)
    if (error.hint !== undefined) io.err(`hint: ${printable(error.hint)}\n`)
  }
}

/** Which file it is. Without the current folder where that is not needed: it may be gone. */
export function sourceOf(io: Io, flag?: string): Source {
  return locateConfig({
    flag,
    env: io.env,
    get cwd() {
      return io.cwd
    },
  })
}
