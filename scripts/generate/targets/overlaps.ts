/** Which patterns take what is another target's. */
import type { Target } from '../../../src/targets/types.ts'
import { parse } from './regex.ts'
import { exampleOf, samplesOf } from './samples.ts'

/** Of a pattern that names its kind: which other targets' texts it takes. */
export function overlapsOf(targets: readonly Target[]): Map<string, string[]> {
  const texts = targets.flatMap(({ id, pattern }) =>
    pattern?.strength === 'prefixed'
      ? [{ id, texts: [exampleOf(pattern), ...samplesOf(parse(pattern.regex))] }]
      : [],
  )
  const overlaps = new Map<string, string[]>()
  for (const { id, pattern } of targets) {
    if (pattern?.strength !== 'prefixed') continue
    const compiled = new RegExp(pattern.regex)
    const taken = texts.filter(
      (other) => other.id !== id && other.texts.some((text) => compiled.test(text)),
    )
    overlaps.set(id, taken.map((other) => other.id).toSorted())
  }
  return overlaps
}

/** Where what is stated is not so. */
export function overlapProblems(targets: readonly Target[]): string[] {
  const found = overlapsOf(targets)
  return targets.flatMap(({ id, pattern }) => {
    const stated = (pattern?.overlaps ?? []).join(', ')
    const real = (found.get(id) ?? []).join(', ')
    return stated === real ? [] : [`${id}: overlaps are [${real}], not [${stated}]`]
  })
}
