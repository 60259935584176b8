/** The writer under strace: what it asked of the system, in order, and what it is told instead. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { TestContext } from 'vitest'
import type { Home } from '../../src/state/home.ts'
import { skipLoudly } from '../values/loud.ts'

export interface Traced {
  /** Lines on stdout. */
  said: string[]
  calls: string[]
}

/**
 * Runs a program of Node with one sync thread, so that strace can count syncs.
 * @param rules as strace's `-e` takes them
 * @param paths only calls on these files are seen and changed; none: all are
 */
export function trace(
  context: TestContext,
  home: Home,
  rules: readonly string[],
  script: readonly string[],
  options: { paths?: readonly string[]; env?: Record<string, string> } = {},
): Traced {
  if (spawnSync('strace', ['-e', 'trace=none', 'true']).status !== 0) {
    skipLoudly(
      context,
      'the order of write, sync and answer, and what is left when one of them fails',
      'strace is not there, or may not trace',
    )
  }
  const report = `${home.dir}-strace`
  const args = [
    '-f',
    '-y',
    '-o',
    report,
    ...rules.flatMap((rule) => ['-e', rule]),
    ...(options.paths ?? []).flatMap((path) => ['-P', path]),
  ]
  const { stdout } = spawnSync('strace', [...args, process.execPath, ...script], {
    env: {
      SECRETREF_HOME: home.dir,
      UV_THREADPOOL_SIZE: '1',
      PATH: process.env['PATH'],
      ...options.env,
    },
    encoding: 'utf8',
  })
  const calls = existsSync(report) ? readFileSync(report, 'utf8').split('\n') : []
  return { said: stdout.trimEnd().split('\n'), calls }
}
