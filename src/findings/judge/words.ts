/** A plan's and a decision's own sentences, made fit to be shown. Pure. */
import { shownKey } from '../../config/problems.ts'
import type { PlannedBinding } from '../../plan/types.ts'

/** They speak of a ref and its variable by name, which may be a value that stands in the wrong place. */
export function shownText(text: string, { ref, envVar }: PlannedBinding): string {
  return text.replaceAll(ref, shownKey(ref)).replaceAll(envVar, shownKey(envVar))
}

/** Names of environments, where it is not every one that was looked at. */
export function environmentsInWords(
  names: readonly string[],
  all: readonly string[],
): string | undefined {
  return names.length === all.length ? undefined : names.join(', ')
}
