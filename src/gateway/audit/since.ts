/** Since when fetched values are what they are, where their stores do not say it and the journal does. */
import type { BindingFact } from '../../findings/judge/facts.ts'
import { SecretRefError } from '../../errors.ts'
import { readJournal } from '../../rotation/journal.ts'
import { sinceOf } from '../../rotation/since.ts'
import type { Home } from '../../state/home.ts'

/** @param path of the config. A journal that cannot be read is told by `rotationFacts` */
export function withSince(
  bindings: readonly BindingFact[],
  path: string,
  home: Home,
  now: Date,
): readonly BindingFact[] {
  if (!bindings.some(({ rule }) => rule?.every !== undefined)) return bindings
  try {
    const db = readJournal(home)
    try {
      return bindings.map((fact) => {
        const { rule, fetched, environment, binding } = fact
        if (rule?.every === undefined || fetched?.outcome !== 'value') return fact
        const key = { config: path, environment, ref: binding.ref }
        const since = sinceOf(db, key, fetched, now)
        return since === undefined ? fact : { ...fact, since: since.at }
      })
    } finally {
      db?.close()
    }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return bindings
  }
}
