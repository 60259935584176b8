/** Which of the gateway's variables a sheet needs. */
import type { Sheet } from '../../gateway/sheet.ts'
import { PROVIDERS } from '../providers/registry.generated.ts'
import type { Provider } from '../providers/contract.ts'

/** Names that the providers on this sheet may see, beside what the agent inherits. */
export async function wantedNames(sheet: Sheet): Promise<Set<string>> {
  const names = new Set(sheet.inherit)
  for (const [name, { type, options }] of Object.entries(sheet.providers)) {
    const load = PROVIDERS[type]
    if (load === undefined) continue
    const provider: Provider = await load()
    const locations = sheet.items.flatMap((item) =>
      item.chain.filter((step) => step.provider === name).map((step) => step.at),
    )
    for (const variable of provider.spec.env(options, locations)) names.add(variable)
  }
  return names
}
