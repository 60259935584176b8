/** Refs by their names: unused, unknown, deprecated, and bindings that no capability covers. Pure. */
import { fileSpellings } from '../../config/accessors.ts'
import { shownKey } from '../../config/problems.ts'
import { unusedOf, type ListedStore, type StoredName } from '../../plan/unused.ts'
import { dayOf, isPast, whenOf } from '../../policy/expiry.ts'
import type { Place } from '../types.ts'
import type { AuditFacts, BindingFact, PlacedFact } from './facts.ts'
import {
  counted,
  detailOf,
  found,
  groups,
  listed,
  placesOf,
  sharedFields,
  sorted,
  type AuditFinding,
} from './finding.ts'
import { shownText } from './words.ts'

/** What the article says of a ref without a note. */
const CLEAN_UP = 'delete after migration'
/** Of a name in a store no more is known: another config may use it. */
const NOT_OURS = 'no ref of this config points to it'

export function judgeUnused(facts: AuditFacts): AuditFinding[] {
  const { bindings, placed, files, uses } = facts
  const stores = facts.stores.filter(
    (store): store is ListedStore & typeof store => store.outcome === 'listed',
  )
  const uncovered = bindings.filter(({ covered }) => !covered).map(({ binding }) => binding)
  const refs = [...placed, ...uncovered].map(({ ref }) => ref)
  const unused = unusedOf({ refs, uses, others: [...placed, ...uncovered], stores, files })
  const used = new Set(uses.flatMap(({ ref }) => fileSpellings(ref)))
  const entries = Map.groupBy(placed, ({ ref }) => ref)
  const slots = Map.groupBy(bindings, ({ binding }) => binding.ref)
  return [
    ...unused.refs.map(({ ref, stored }) =>
      unusedRef(facts.place, ref, entries.get(ref) ?? [], slots.get(ref) ?? [], stored),
    ),
    ...unused.names.map((one) =>
      found({
        code: 'unused-ref',
        subject: one.name,
        // The ref of that name is in use; it is read from somewhere else.
        detail: used.has(one.name)
          ? `a copy in ${one.store.provider} that nothing reads`
          : detailOfStored(one),
        message: `no ref of this config points to "${one.name}" in ${storeInWords(one.store)}`,
        hint: 'remove its value from the store once nobody else reads it',
        places: [placeOfStored(one)],
      }),
    ),
  ]
}

function unusedRef(
  place: AuditFacts['place'],
  ref: string,
  entries: readonly PlacedFact[],
  slots: readonly BindingFact[],
  stored: readonly StoredName[],
): AuditFinding {
  const [note] = sorted([
    ...entries.flatMap(({ entry }) => entry.note ?? []),
    ...slots.flatMap(({ binding }) => binding.note ?? []),
  ])
  const ats = [...entries, ...slots].map(({ at }) => at)
  const subject = shownKey(ref)
  return found({
    code: 'unused-ref',
    subject,
    ref: subject,
    detail: note ?? CLEAN_UP,
    ...(note === undefined ? {} : { note }),
    message:
      slots.length === 0
        ? `no binding of any agent uses "${subject}"`
        : `no binding uses "${subject}" whose tool is among its agent's capabilities`,
    places: [...byAt(placesOf(ats, place)), ...stored.map(placeOfStored)],
  })
}

function byAt(places: readonly Place[]): Place[] {
  return places.toSorted((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1))
}

function placeOfStored({ store, name }: StoredName): Place {
  const { path, provider, under } = store
  return under === undefined ? { file: path, provider, at: name } : { provider, at: name }
}

/** Of names that others might have, which prefix said that they are this config's alone. */
function detailOfStored({ store, name }: StoredName): string {
  const prefix = store.under?.find((one) => name.startsWith(one))
  return prefix === undefined ? NOT_OURS : `listed under ${prefix}; ${NOT_OURS}`
}

function storeInWords({ path, provider, under }: ListedStore): string {
  return under === undefined ? path : `provider "${provider}"`
}

/** Unknown in the home environment it is an error; in another one alone, a note. */
export function judgeUnknown(facts: AuditFacts): AuditFinding[] {
  const unknown = groups(facts.bindings, ({ covered, binding }) =>
    covered && binding.problem?.code === 'REF_UNKNOWN' ? binding.ref : undefined,
  )
  return unknown.flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { problem, ref } = first.binding
    const environments = sorted(group.map(({ environment }) => environment))
    const grave =
      environments.includes(facts.home) || environments.length === facts.environments.length
    const shared = sharedFields(group, facts.place)
    return found({
      code: 'unknown-ref',
      severity: grave ? 'error' : 'note',
      subject: shownKey(ref),
      ...shared,
      ...detailOf(
        `points nowhere in ${listed(environments)}`,
        counted(shared.agents ?? [], 'agents'),
      ),
      message: `ref "${shownKey(ref)}" points nowhere in ${listed(environments)}`,
      ...(problem === undefined ? {} : { hint: shownText(problem.hint, first.binding) }),
    })
  })
}

export function judgeDeprecated({ bindings, place, now }: AuditFacts): AuditFinding[] {
  const deprecated = groups(bindings, ({ covered, binding }) =>
    covered && binding.deprecationDate !== undefined
      ? JSON.stringify([binding.ref, binding.deprecationDate])
      : undefined,
  )
  return deprecated.flatMap((group) => {
    const [first] = group
    const date = first?.binding.deprecationDate
    if (first === undefined || date === undefined) return []
    const subject = shownKey(first.binding.ref)
    const { note } = first.binding
    const passed = isPast(date, now)
    const shared = sharedFields(group, place)
    const when = passed ? `since ${dayOf(date)}` : `from ${dayOf(date)}`
    return found({
      code: passed ? 'deprecation-passed' : 'deprecated-ref',
      subject,
      ...shared,
      ...detailOf(when, note, counted(shared.agents ?? [], 'agents')),
      ...(note === undefined ? {} : { note }),
      message: passed
        ? `"${subject}" has been deprecated since ${dayOf(date)} and is still bound`
        : `"${subject}" is deprecated from ${dayOf(date)} on, ${whenOf(date, now)}`,
    })
  })
}

/** One for each tool: a fleet leaves out the same capability many times. */
export function judgeUncovered({ bindings, place }: AuditFacts): AuditFinding[] {
  return groups(bindings, ({ covered, binding }) => (covered ? undefined : binding.tool)).flatMap(
    (group) => {
      const [first] = group
      if (first === undefined) return []
      const { tool, agent } = first.binding
      const shared = sharedFields(group, place)
      const who = counted(shared.agents ?? [], 'agents') ?? agent
      return found({
        code: 'uncovered-binding',
        subject: tool,
        ...shared,
        ...detailOf(`no capability of ${who}`),
        message: `tool "${tool}" is bound and is not among the capabilities of ${who}, so nothing is delivered to it`,
        hint: `add "${tool}" to the capabilities, or remove the tool binding`,
      })
    },
  )
}
