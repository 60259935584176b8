// Made by scripts/generate/providers-registry.ts from this folder. Do not edit.
import type { Provider } from './contract.ts'

/** Type to provider; a provider's code is loaded when it is asked for. */
export const PROVIDERS: ReadonlyMap<string, () => Promise<Provider>> = new Map([
  ['env', async () => (await import('./env.ts')).provider],
  ['exec', async () => (await import('./exec.ts')).provider],
  ['file', async () => (await import('./file.ts')).provider],
  ['vault', async () => (await import('./vault.ts')).provider],
])
