/** What one entry of a config says: from providers and words to providers and locations. Pure. */
import { providerNameOf } from '../config/accessors.ts'
import type { ChainEntry, ProviderConfig, RefEntry } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { locate, type Folders, type Written } from './locate.ts'
import { didYouMean } from './known.ts'
import type { ChainStep } from './types.ts'

/**
 * The steps of an entry of `refMap` or of an environment's `secrets`.
 * @throws {SecretRefError} as `stepTo`; CONFIG_INVALID where a list of providers and a location beside
 * it leave open which of them the location is for.
 */
export function stepsOf(
  ref: string,
  entry: RefEntry,
  providers: ReadonlyMap<string, ProviderConfig>,
  folders: Folders,
): ChainStep[] {
  const { provider, path, target, field, version } = entry
  if (typeof provider === 'string') return [stepTo(ref, provider, entry, providers, folders)]
  const [word] = Object.entries({ path, target, field, version }).find(([, text]) => text) ?? []
  if (word !== undefined) {
    throw new SecretRefError(
      'CONFIG_INVALID',
      `ref "${ref}" has a "${word}" beside a list of providers, which leaves open whose it is`,
      { hint: `write it into the list: {"provider": "…", "${word}": "…"}`, scope: 'ref' },
    )
  }
  return provider.map((step) => chainStep(ref, step, providers, folders))
}

/** One entry of a chain: a name (the ref's default location there), or a name and a location. */
export function chainStep(
  ref: string,
  entry: ChainEntry,
  providers: ReadonlyMap<string, ProviderConfig>,
  folders: Folders,
): ChainStep {
  const written = typeof entry === 'string' ? {} : entry
  return stepTo(ref, providerNameOf(entry), written, providers, folders)
}

/** @throws {SecretRefError} PROVIDER_INVALID for a provider that does not exist; else as `locate`. */
export function stepTo(
  ref: string,
  provider: string,
  written: Written,
  providers: ReadonlyMap<string, ProviderConfig>,
  folders: Folders,
): ChainStep {
  const known = providers.get(provider)
  if (known === undefined) {
    throw new SecretRefError(
      'PROVIDER_INVALID',
      `ref "${ref}" points to provider "${provider}", which does not exist`,
      { hint: didYouMean(provider, [...providers.keys()], 'providers'), scope: 'provider' },
    )
  }
  return { provider, at: locate(known.type, ref, written, folders) }
}

/** Whether two steps ask the same provider for the same place. */
export function sameStep(a: ChainStep, b: ChainStep): boolean {
  return (
    a.provider === b.provider &&
    a.at.path === b.at.path &&
    a.at.field === b.at.field &&
    a.at.version === b.at.version
  )
}

/** The steps in order, none twice. */
export function withoutRepeats(steps: readonly ChainStep[]): ChainStep[] {
  const kept: ChainStep[] = []
  for (const step of steps) {
    if (!kept.some((earlier) => sameStep(earlier, step))) kept.push(step)
  }
  return kept
}
