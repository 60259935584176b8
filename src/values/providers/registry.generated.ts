// Made by scripts/generate/providers-registry.ts from the files in this folder. Do not edit.
import type { Provider } from './contract.ts'

/**
 * Type to provider, without a prototype: a type called `constructor` finds nothing. A provider's code
 * is loaded when it is asked for.
 */
export const PROVIDERS: Readonly<Record<string, () => Promise<Provider>>> = Object.freeze(
  Object.assign(Object.create(null) as Record<string, () => Promise<Provider>>, {
    'aws-secrets-manager': async () => (await import('./aws-secrets-manager.ts')).provider,
    'aws-ssm': async () => (await import('./aws-ssm.ts')).provider,
    env: async () => (await import('./env.ts')).provider,
    exec: async () => (await import('./exec.ts')).provider,
    file: async () => (await import('./file.ts')).provider,
    keychain: async () => (await import('./keychain.ts')).provider,
    store: async () => (await import('./store.ts')).provider,
    vault: async () => (await import('./vault.ts')).provider,
  }),
)
