/** Disks that are full or read-only, which others do not see. */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'
import { isRoot, skipLoudly } from '../values/loud.ts'

/**
 * A mount namespace of its own: as root, or as root of a user namespace where that is allowed.
 * @returns the words before a command that is to run in it
 */
export function namespace(context: TestContext, what: string): readonly string[] {
  const wrapper = ['unshare', isRoot ? '-m' : '-Urm']
  const [program, ...args] = [...wrapper, 'mount', '-t', 'tmpfs', 'none', '/mnt']
  if (spawnSync(program, args).status !== 0) {
    skipLoudly(context, what, 'mounting is not allowed here')
  }
  return wrapper
}
