/** Starts an agent through the launcher: a shell whose script comes down the resolver's pipe. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { errnoOf, SecretRefError } from '../errors.ts'
import type { Ending } from './ending.ts'
import type { Resolver } from './resolver.ts'
import { killTree, signal as send } from './tree.ts'
import type { Watcher } from './watcher.ts'

/** By absolute path: a false `sh` in PATH must not get a script full of credentials. */
const SHELL = '/bin/sh'

export interface Agent {
  pid: number
  /** True where it leads a session, and so a process group, of its own. */
  session: boolean
  ended: Promise<Ending>
  /** @returns false where it has ended already */
  signal(name: NodeJS.Signals): boolean
  /** The whole of it: the group where it has one, else the process tree. */
  kill(): void
}

export interface LaunchOptions {
  /** Absolute path of the program, then its arguments. */
  command: readonly string[]
  cwd: string
  session: boolean
  stdin: 'inherit' | 'ignore'
  resolver: Resolver
  /** Positions on the sheet of what may be written. */
  release: readonly number[]
  watcher: Watcher
}

/**
 * The order is what makes it safe: spawn the launcher, destroy our end of its pipe, tell the watcher
 * whom to guard, and only then let the resolver write.
 *
 * @throws DELIVERY_FAILED where the resolver has died or the launcher could not be started
 */
export async function launch(options: LaunchOptions): Promise<Agent> {
  const { command, cwd, session, stdin, resolver, release, watcher } = options
  if (resolver.pipe.destroyed) throw resolverGone()
  // Above 2, Node leaves an ignored descriptor closed, and the script's `exec <&3` would fail.
  const input = stdin === 'inherit' ? 0 : openSync('/dev/null', 'r')
  const child = spawn(SHELL, ['-s', '--', ...command], {
    env: {},
    cwd,
    // The script puts 3 and 4 in their places: what the shell itself says of a cut script goes nowhere.
    stdio: [resolver.pipe, 'inherit', 'ignore', input, 2],
    detached: session,
  })
  if (input !== 0) closeSync(input)
  const pid = await started(child)
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? { code: code ?? 1 } : { signal })
    })
  })
  resolver.pipe.destroy()
  watcher.guard(pid, session)
  resolver.release(release)
  let over = false
  child.once('exit', () => {
    over = true
  })
  return {
    pid,
    session,
    ended,
    signal: (name) => !over && send(pid, name),
    kill: () => {
      if (over) return
      if (session) send(-pid, 'SIGKILL')
      else killTree(pid)
    },
  }
}

function resolverGone(): SecretRefError {
  return new SecretRefError(
    'DELIVERY_FAILED',
    'the resolver died before it could deliver the credentials',
    { scope: 'agent', hint: 'nothing was started; try again, and see `secretref doctor`' },
  )
}

async function started(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) return child.pid
  const error = await new Promise<unknown>((resolve) => {
    child.once('error', resolve)
  })
  throw new SecretRefError(
    'DELIVERY_FAILED',
    `the agent's launcher ${SHELL} could not be started`,
    {
      scope: 'agent',
      hint: `the system said ${errnoOf(error) ?? 'no more'}; is the working folder there?`,
      cause: error,
    },
  )
}
