/** Ends an agent that has done nothing wrong: asked first, and killed where it does not go in time. */
import type { Agent } from './launch.ts'

const GRACE_MS = 10_000

export function askToEnd(agent: Agent): void {
  agent.signal('SIGTERM')
  const timer = setTimeout(() => agent.kill(), GRACE_MS)
  timer.unref()
  void agent.ended.then(() => clearTimeout(timer))
}
