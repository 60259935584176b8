/** Counts what each provider is asked, against what control has allotted to this process. */
import type { SheetProvider } from '../../gateway/sheet.ts'

export class Calls {
  readonly #providers: Readonly<Record<string, SheetProvider>>
  readonly #made = new Map<string, number>()

  constructor(providers: Readonly<Record<string, SheetProvider>>) {
    this.#providers = providers
  }

  /** False where that is more than is left; then nothing is taken. */
  spend(provider: string, calls: number): boolean {
    const budget = Object.hasOwn(this.#providers, provider)
      ? this.#providers[provider]?.budget
      : undefined
    if (budget === undefined) return true
    const made = this.#made.get(provider) ?? 0
    if (made + calls > budget.calls) return false
    this.#made.set(provider, made + calls)
    return true
  }

  /** For each provider that has a budget. */
  spent(): Record<string, number> {
    const entries = Object.entries(this.#providers).filter(([, { budget }]) => budget !== undefined)
    return Object.fromEntries(entries.map(([name]) => [name, this.#made.get(name) ?? 0]))
  }
}
