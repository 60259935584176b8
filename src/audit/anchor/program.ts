/** Runs a program that takes a checkpoint: no shell, nothing inherited, nothing of what it prints. */
import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { errnoOf } from '../../errors.ts'
import { AnchorError, causeOf } from './cause.ts'
import { isWaySafe } from './way.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Returns when it has ended with exit code 0.
 * @param input for its stdin
 * @param signal kills it, and what it has started, unless that has a session of its own
 */
export async function runProgram(
  [program, ...words]: readonly [string, ...string[]],
  input: string,
  signal: AbortSignal,
): Promise<void> {
  await checkProgram(program)
  signal.throwIfAborted()
  const child = spawn(program, words, {
    env: { PATH, HOME: homeFolder(), LANG: 'C.UTF-8' },
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid)
  }
  signal.addEventListener('abort', kill)
  child.once('error', (error) => reject(notStarted(error)))
  child.once('exit', (code, by) => {
    // From here on its number may be another group's.
    signal.removeEventListener('abort', kill)
    if (code === 0) resolve()
    else
      reject(
        new AnchorError(
          code === null ? `it was killed by ${by}` : `it ended with exit code ${code}`,
        ),
      )
  })
  child.stdin.on('error', nothing)
  child.stdin.end(input)
  return promise
}

/** Ours, as the system knows it; in a container it may not know this user at all. */
function homeFolder(): string {
  try {
    return userInfo().homedir
  } catch {
    return '/'
  }
}

/** The first of these that is there. Errors: with `missing` as the cause. */
export async function firstOf(programs: readonly string[], missing: string): Promise<string> {
  for (const program of programs) {
    if ((await stat(program).catch(() => undefined)) !== undefined) return program
  }
  throw new AnchorError(missing)
}

/** It runs as us: nobody but us and root may have written it, or put it there. */
async function checkProgram(path: string): Promise<void> {
  let stats
  try {
    stats = await stat(path)
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? new AnchorError('there is no such program') : error
  }
  if (!stats.isFile()) throw new AnchorError('it is not a program')
  if (stats.uid !== 0 && stats.uid !== process.geteuid?.()) {
    throw new AnchorError('the program belongs to somebody else, neither us nor root')
  }
  if ((stats.mode & 0o022) !== 0) throw new AnchorError('the program can be written by others')
  if (!(await isWaySafe(path))) {
    throw new AnchorError(
      'others can put another program in its place: they own or write a folder above it',
    )
  }
}

function notStarted(error: Error): AnchorError {
  const errno = errnoOf(error)
  if (errno === 'EACCES') return new AnchorError('it may not be executed')
  // The program is there: what is missing is its interpreter.
  if (errno === 'ENOENT') return new AnchorError('its interpreter is missing')
  return new AnchorError(`it could not be started: ${causeOf(error)}`)
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left of it, or what is left runs as another user and is not ours to end.
  }
}

function nothing(): void {
  // A program need not read what it is given; its exit code counts.
}
