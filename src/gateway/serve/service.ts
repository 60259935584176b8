/** What is served, and what those who serve it share. Types only. */
import type { Plan } from '../../plan/types.ts'
import type { GrantRow } from '../../state/grants.ts'
import type { Program } from '../gateway.ts'
import type { Restart } from '../restart.ts'
import type { Say } from '../result.ts'
import type { Clock } from '../schedule.ts'
import type { Turns } from '../turns.ts'

export interface Service {
  plan: Plan
  /** `undefined`: its credentials are only checked. */
  program: Program | undefined
  schedule: string | undefined
  timezone: string
  restart: Restart
  strict: boolean
  /** True where it may use our terminal: it is the only one, and starts at once. */
  terminal: boolean
}

export interface ServeOptions {
  say: Say
  /** Called when an agent that the config no longer names has ended. */
  left?: (agent: string) => void
  /** Called after each check of an agent without a command. */
  checked: (plan: Plan, found: readonly GrantRow[]) => void
}

/** What all that one server serves share. */
export interface Serving {
  options: ServeOptions
  clock: Clock
  starts: Turns
}
