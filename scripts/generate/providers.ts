/**
 * src/config/providers.generated.ts: the option schemas that each provider exports, as pure data on the
 * control side of the wall.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Provider, ProviderSpec } from '../../src/values/providers/contract.ts'
import type { Output } from '../generate.ts'

/** The specs of all provider files, by type. */
export async function providerSpecs(root: string): Promise<ProviderSpec[]> {
  const folder = join(root, 'src', 'values', 'providers')
  const specs: ProviderSpec[] = []
  for (const name of readdirSync(folder).toSorted()) {
    if (!name.endsWith('.ts') || name.endsWith('.generated.ts')) continue
    const module: { provider?: Provider } = await import(pathToFileURL(join(folder, name)).href)
    if (module.provider !== undefined) specs.push(module.provider.spec)
  }
  return specs
}

export async function generate(root: string): Promise<Output> {
  const options: Record<string, unknown> = {}
  const summaries: Record<string, string> = {}
  for (const spec of await providerSpecs(root)) {
    options[spec.type] = spec.options
    summaries[spec.type] = spec.summary
  }
  const content = `// Made by scripts/generate/providers.ts from the specs in src/values/providers. Do not edit.

/** Provider type to the JSON Schema of its options. */
export const PROVIDER_OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = ${JSON.stringify(options, null, 2)}

/** Provider type to one sentence that says what it is. */
export const PROVIDER_SUMMARIES: Readonly<Record<string, string>> = ${JSON.stringify(summaries, null, 2)}
`
  return { path: 'src/config/providers.generated.ts', content }
}
