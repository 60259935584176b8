/** `secretref trust [file]`. */
import { resolve } from 'node:path'
import { openAuditLog } from '../audit/log.ts'
import { loadConfig } from '../config/load.ts'
import { locateConfig } from '../config/locate.ts'
import { problemsText } from '../config/problems.ts'
import { trustConfig, trustEntry, type TrustEntry } from '../config/trust.ts'
import { SecretRefError } from '../errors.ts'
import { actorOf } from '../gateway/actor.ts'
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
  record: (entry: TrustEntry) => Promise<void> = (entry) => recordTrust(io, entry),
): Promise<number> {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not trust a config', {
      scope: 'config',
      hint: 'trust is for a person to give, outside of a run',
    })
  }
  const flag = resolve(io.cwd, options.file ?? 'secretref.json')
  const { path } = locateConfig({ flag, env: io.env, cwd: io.cwd })
  const source = { path, found: true }
  const loaded = await loadConfig(source, { now: io.now(), places: true })
  io.err(problemsText(loaded.path, loaded.warnings))
  const now = io.now()
  const entry = trustEntry(loaded, now)
  await record(entry)
  trustConfig(loaded, io.home, now)
  io.out(`trusted: ${printable(entry.path)} (sha256 ${entry.hash})\n`)
  return 0
}

/** One record, durable when this resolves. @throws {SecretRefError} AUDIT_UNAVAILABLE, AUDIT_TAMPERED */
export async function recordTrust(io: Io, { path, hash }: TrustEntry): Promise<void> {
  const log = openAuditLog(io.home, { now: () => io.now() })
  try {
    await log.append([
      { event: 'config.trusted', actor: actorOf(), config: hash, detail: { path } },
    ])
  } finally {
    await log.close()
  }
}
