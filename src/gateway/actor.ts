/** Who asks for credentials: the user of this process, or the agent that it was started by. */
import { userInfo } from 'node:os'
import type { Actor } from '../audit/record.ts'

export function actorOf(parentAgent?: string): Actor {
  const uid = process.getuid?.() ?? -1
  const about = { pid: process.pid, uid }
  if (parentAgent !== undefined) return { type: 'agent', id: parentAgent, ...about }
  return { type: 'user', id: userName(uid), ...about }
}

/** In a container a uid may have no name. */
function userName(uid: number): string {
  try {
    return userInfo().username
  } catch {
    return `uid:${uid}`
  }
}
