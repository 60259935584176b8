/** Whether and how a run is tended: from an agent's config, pure, and small enough for every start to load. */
import { millisecondsOf } from '../../config/names.ts'
import type { Agent } from '../../config/types.ts'

/** What a changed value does to the agent that runs. */
export type OnChange =
  | { does: 'none' | 'rewrite' | 'restart' }
  | { does: 'signal'; signal: NodeJS.Signals }

export interface Tending {
  onChange: OnChange
  everyMs: number
}

const DEFAULT_EVERY_MS = 300_000

/** @returns `undefined` where the config asks for nothing: then nothing is loaded, and nothing runs */
export function tendingOf(agent: Pick<Agent, 'onChange' | 'refreshEvery'>): Tending | undefined {
  const { onChange = 'none', refreshEvery } = agent
  if (onChange === 'none' && refreshEvery === undefined) return undefined
  const everyMs = refreshEvery === undefined ? DEFAULT_EVERY_MS : millisecondsOf(refreshEvery)
  return { onChange: parse(onChange), everyMs }
}

/** The config's grammar (`ON_CHANGE`). */
function parse(word: string): OnChange {
  if (word === 'none' || word === 'rewrite' || word === 'restart') return { does: word }
  switch (word) {
    case 'signal:HUP':
      return { does: 'signal', signal: 'SIGHUP' }
    case 'signal:INT':
      return { does: 'signal', signal: 'SIGINT' }
    case 'signal:TERM':
      return { does: 'signal', signal: 'SIGTERM' }
    case 'signal:USR1':
      return { does: 'signal', signal: 'SIGUSR1' }
    case 'signal:USR2':
      return { does: 'signal', signal: 'SIGUSR2' }
    case 'signal:WINCH':
      return { does: 'signal', signal: 'SIGWINCH' }
    default:
      throw new TypeError('the grammar of onChange has more words than this')
  }
}
