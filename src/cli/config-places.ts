/** Refs that are rotated, and lie in one place: each rotation would undo what the other has put there. */
import { placedRefs } from '../config/accessors.ts'
import { shownKey, type At, type Finding } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { placeOf } from '../gateway/rotate/gone.ts'
import { subjectsOf, type Subject } from '../gateway/rotate/subjects.ts'
import { planner } from '../plan/plan.ts'

/**
 * Of every environment; what an environment inherits is told once.
 *
 * @param folders as a planner needs them
 */
export function placeFindings(
  config: Config,
  folders: { configDir: string; userHome: string },
): Finding[] {
  if (!placedRefs(config).some(({ entry }) => entry.rotate !== undefined)) return []
  const names = [undefined, ...Object.keys(config.environments ?? {})]
  const found = new Map<string, Finding>()
  for (const environment of names) {
    const routes = planner({ config, ...folders, environment })
    const rotated = subjectsOf(config, routes, environment)
      .filter((one) => 'step' in one)
      .filter(({ ref }) => routes.route(ref).entry?.rotate !== undefined)
    for (const [first, ...others] of Map.groupBy(rotated, placeOf).values()) {
      for (const other of others) {
        const finding = first && findingOf(config, first, other)
        if (finding !== undefined) found.set(JSON.stringify(finding.at), finding)
      }
    }
  }
  return [...found.values()]
}

function findingOf(config: Config, first: Subject, other: Subject): Finding {
  return {
    code: 'CONFIG_INVALID',
    severity: 'error',
    at: [...entryOf(config, other), 'rotate'],
    message: `"${shownKey(first.ref)}" lies in the same place and is rotated too: each would undo what the other has put there`,
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
