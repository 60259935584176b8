/** Last good values that are kept for an outage, where nobody will remove them. `lstat` only. */
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { placedRefs, providersOf } from '../../config/accessors.ts'
import { millisecondsOf } from '../../config/names.ts'
import type { LoadedConfig } from '../../config/types.ts'
import { shellWord } from '../../shell-word.ts'
import type { Io } from '../io.ts'
import { attention, type Finding } from './finding.ts'

const CHECK = 'outages'

/** A start removes what is too old, or no longer wanted, of its own refs alone. */
export function checkKept({ home, now }: Io, loaded: LoadedConfig): Finding[] {
  const files = keptIn(home.stale)
  if (files.length === 0) return []
  const longest = Math.max(0, ...spansIn(loaded).map(millisecondsOf))
  const over = files.filter((changed) => now().getTime() - changed > longest)
  if (over.length === 0) return []
  const values = over.length === 1 ? 'a last good value is' : `${over.length} last good values are`
  const rm = `rm ${shellWord(home.stale)}/*.age`
  if (longest === 0) {
    const what = `${values} kept in ${home.stale}, and this config opts in to none`
    const hint = `a start of their refs removes them; where no other config uses this folder: ${rm}`
    return [attention(CHECK, what, hint)]
  }
  const what = `${values} kept in ${home.stale} for longer than this config lets any be served`
  return [attention(CHECK, what, `a start of their refs removes them, or: ${rm}`)]
}

/** When each was written, in milliseconds. */
function keptIn(dir: string): number[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith('.age'))
      .map((name) => lstatSync(join(dir, name)).mtimeMs)
  } catch {
    // Not there, or out of reach: told about with the folder that it lies in.
    return []
  }
}

function spansIn({ config }: LoadedConfig): string[] {
  const stated = [
    ...Array.from(providersOf(config).values(), ({ options }) => options['resilience']),
    ...placedRefs(config).map(({ entry }) => entry.resilience),
  ]
  return stated.flatMap((one) =>
    typeof one === 'object' && one !== null && 'maxStale' in one ? [String(one.maxStale)] : [],
  )
}
