/** Refs that are rotated, and lie in one place: each rotation would undo what the other has put there. */
import { placedRefs } from '../config/accessors.ts'
import { shownKey, type At, type Finding } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { subjectsOf, type Subject } from '../gateway/rotate/subjects.ts'
import { placeName, type Where } from '../gateway/store-place.ts'
import { planner } from '../plan/plan.ts'
import { userHome } from '../state/home.ts'

/** One entry of the config that has a rule, in the first environment that sees it. */
interface Ruled {
  subject: Subject
  at: At
}

/** Of all environments together; what an environment inherits is one entry. */
export function placeFindings(config: Config, where: Where): Finding[] {
  if (!placedRefs(config).some(({ entry }) => entry.rotate !== undefined)) return []
  const folders = { configDir: where.loaded.dir, userHome: userHome(where.env) }
  const ruled = new Map<string, Ruled>()
  for (const environment of [undefined, ...Object.keys(config.environments ?? {})]) {
    const routes = planner({ config, ...folders, environment })
    for (const subject of subjectsOf(config, routes, environment)) {
      if (!('step' in subject) || routes.route(subject.ref).entry?.rotate === undefined) continue
      const at = entryOf(config, subject)
      const key = JSON.stringify(at)
      if (!ruled.has(key)) ruled.set(key, { subject, at })
    }
  }
  const places = Map.groupBy(ruled.values(), ({ subject: { provider, step } }) =>
    placeName(where, provider, step.at),
  )
  return [...places.values()].flatMap(([first, ...others]) =>
    others.map((other) => findingOf(first, other)),
  )
}

function findingOf(first: Ruled | undefined, { subject, at }: Ruled): Finding {
  if (first === undefined) throw new TypeError('a group of none')
  const { ref, environment } = first.subject
  const ofAnother = environment === subject.environment ? '' : ` of environment ${environment}`
  return {
    code: 'CONFIG_INVALID',
    severity: 'error',
    at: [...at, 'rotate'],
    message: `"${shownKey(ref)}"${ofAnother} lies in the same place and is rotated too: each would undo what the other has put there`,
    hint: 'let one ref stand for it and bind that everywhere, or leave "rotate" out of one of them',
  }
}

/** Where its entry stands: an environment's own comes before the shared one. */
function entryOf(config: Config, { ref, environment }: Subject): At {
  const entries = placedRefs(config).filter((one) => one.ref === ref)
  const own = entries.find(({ at }) => at[0] === 'environments' && at[1] === environment)
  const entry = own ?? entries.find(({ at }) => at[0] !== 'environments')
  if (entry === undefined) throw new TypeError('a rule without an entry')
  return entry.at
}
