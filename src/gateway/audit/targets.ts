/** What the catalogue says of bindings: of which form a value should be, and whose it would be. */
import type { BindingFact } from '../../findings/judge/facts.ts'
import type { PlannedBinding } from '../../plan/types.ts'

export async function formsOf(
  _bindings: readonly BindingFact[],
): Promise<(binding: PlannedBinding) => readonly string[]> {
  return () => []
}

export async function withMismatches(bindings: readonly BindingFact[]): Promise<BindingFact[]> {
  return [...bindings]
}
