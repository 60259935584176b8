/** `secretref trust [file]`. */
import { resolve } from 'node:path'
import { loadConfig } from '../config/load.ts'
import { locateConfig } from '../config/locate.ts'
import { problemsText } from '../config/problems.ts'
import { trustConfig, trustEntry, type TrustEntry } from '../config/trust.ts'
import { printable, type Io } from './io.ts'

/**
 * Trusts a config as it is now; an edit needs trust again. It must load: nobody can judge what a config
 * with mistakes would do.
 *
 * @param options `file` left out: `./secretref.json`
 * @param record makes the entry durable in the audit log, before it counts
 */
export async function trust(
  io: Io,
  options: { file?: string },
  record: (entry: TrustEntry) => Promise<void> = async () => {},
): Promise<number> {
  const flag = resolve(io.cwd, options.file ?? 'secretref.json')
  const source = locateConfig({ flag, env: io.env, cwd: io.cwd })
  const loaded = await loadConfig(source, { now: io.now(), places: true })
  io.err(problemsText(loaded.path, loaded.warnings))
  const now = io.now()
  const entry = trustEntry(loaded, now)
  await record(entry)
  trustConfig(loaded, io.home, now)
  io.out(`trusted: ${printable(entry.path)} (sha256 ${entry.hash})\n`)
  return 0
}
