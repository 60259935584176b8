/** Ends a whole process tree, for the second TERM on a terminal, where a group kill would hit us. */
import { readdirSync } from 'node:fs'
import { HAS_PROC, parentOf } from './surroundings.ts'

/** Passes over the tree until no new process appears; a tree that forks faster than this is KILLed as far as seen. */
const MAX_PASSES = 20

/**
 * Stops, then kills `root` and all its descendants: who is stopped cannot fork away meanwhile. Without
 * /proc only `root` is killed.
 */
export function killTree(root: number): void {
  const seen = new Set<number>([root])
  signal(root, 'SIGSTOP')
  if (HAS_PROC) {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const fresh = descendants(root).filter((pid) => !seen.has(pid))
      if (fresh.length === 0) break
      for (const pid of fresh) {
        seen.add(pid)
        signal(pid, 'SIGSTOP')
      }
    }
  }
  for (const pid of seen) signal(pid, 'SIGKILL')
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    const parent = parentOf(pid)
    if (parent === undefined) continue
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [pid])
    else siblings.push(pid)
  }
  const found: number[] = []
  const queue = [root]
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    for (const child of children.get(pid) ?? []) {
      found.push(child)
      queue.push(child)
    }
  }
  return found
}

/** A process that ended in between is what we wanted. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
