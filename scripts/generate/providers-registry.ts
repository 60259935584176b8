/**
 * src/values/providers/registry.generated.ts: provider type to a function that loads its file. The
 * folder is the registry: a provider is added by adding one file.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Output } from '../generate.ts'
import { providerSpecs } from './providers.ts'

const FOLDER = 'src/values/providers'

export async function generate(root: string): Promise<Output> {
  const lines: string[] = []
  for (const { type } of await providerSpecs(root)) {
    const file = join(FOLDER, `${type}.ts`)
    if (!existsSync(join(root, file))) throw new Error(`the provider ${type} must be in ${file}`)
    const key = /^\w+$/.test(type) ? type : `'${type}'`
    lines.push(`    ${key}: async () => (await import('./${type}.ts')).provider,`)
  }
  const content = `// Made by scripts/generate/providers-registry.ts from the files in this folder. Do not edit.
import type { Provider } from './contract.ts'

/**
 * Type to provider, without a prototype: a type called \`constructor\` finds nothing. A provider's code
 * is loaded when it is asked for.
 */
export const PROVIDERS: Readonly<Record<string, () => Promise<Provider>>> = Object.freeze(
  Object.assign(Object.create(null) as Record<string, () => Promise<Provider>>, {
${lines.join('\n')}
  }),
)
`
  return { path: `${FOLDER}/registry.generated.ts`, content }
}
