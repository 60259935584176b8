/**
 * Which file a last good value is kept in, and how it goes. The name is a keyed hash of everything that
 * says which value it is, so that none passes for another's, and no name tells anything.
 */
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SecretRefError } from '../../errors.ts'
import type { KeptPlaces, Sheet } from '../../gateway/sheet.ts'
import type { ChainStep } from '../../plan/types.ts'
import type { Location } from '../providers/contract.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import type { Held } from './fetch.ts'
import type { Fingerprint } from './metadata.ts'

/** Options that say how a provider is asked, not who it is. */
const MANNERS: ReadonlySet<string> = new Set([
  'resilience',
  'timeoutMs',
  'callsPerMinute',
  'auditPrefix',
])

export interface KeptValue {
  /** Absolute path of the config. */
  config: string
  environment: string
  provider: string
  type: string | undefined
  options: Readonly<Record<string, unknown>>
  at: Location
}

export function nameOf(
  fingerprint: Fingerprint,
  { config, environment, provider, type, options, at }: KeptValue,
): string {
  const identity = Object.entries(options).filter(([name]) => !MANNERS.has(name))
  const { path, field, alias, version } = at
  const about = [config, environment, provider, type, identity, path, field, alias, version]
  const [, hash] = fingerprint(Buffer.from(`stale ${JSON.stringify(about)}`)).split(':')
  return `${hash}.age`
}

/** One step of a chain, on the sheet of a start. */
export function nameOnSheet(
  fingerprint: Fingerprint,
  sheet: Sheet,
  place: { config: string; environment: string },
  { provider, at }: ChainStep,
): string {
  const { config, environment } = place
  const { type, options = {} } = sheet.providers[provider] ?? {}
  return nameOf(fingerprint, { config, environment, provider, type, options, at })
}

/** False where it is still there. */
export function dropFile(dir: string, name: string): boolean {
  try {
    unlinkSync(join(dir, name))
    return true
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}

/**
 * What the config opted in to once and does not any more. Not in an outage: another ref with the same
 * place may live by it.
 */
export function dropUnwanted(fingerprint: Fingerprint, sheet: Sheet, held: readonly Held[]): void {
  const { stale: place } = sheet
  if (place === undefined) return
  const wanted = new Set(
    held.flatMap(({ item }) =>
      item.chain
        .filter(({ provider }) => item.maxStale?.[provider] !== undefined)
        .map((step) => nameOnSheet(fingerprint, sheet, place, step)),
    ),
  )
  for (const { item, report } of held) {
    // Who only looks, as for a rotation, knows nothing of what a start may be served from.
    if (item.delivery === 'none') continue
    if (report.outcome === 'failure' && report.kind === 'unavailable') continue
    if (report.outcome === 'value' && report.stale !== undefined) continue
    for (const step of item.chain) {
      const name = nameOnSheet(fingerprint, sheet, place, step)
      if (!wanted.has(name)) dropFile(place.dir, name)
    }
  }
}

/**
 * What was kept of a value that a person replaces, in every environment.
 *
 * @returns false where some of it is still there
 */
export function dropKept({
  kept,
  ...value
}: { kept?: KeptPlaces } & Omit<KeptValue, 'config' | 'environment'>): boolean {
  if (kept === undefined) return true
  const { dir, fingerprintKey, config, environments } = kept
  let fingerprint: Fingerprint
  try {
    fingerprint = fingerprinter(fingerprintKey)
  } catch (error) {
    // The value is changed by now: that nobody can say which files were its own fails nothing else.
    if (error instanceof SecretRefError) return false
    throw error
  }
  return environments
    .map((environment) => dropFile(dir, nameOf(fingerprint, { ...value, config, environment })))
    .every((gone) => gone)
}
