/**
 * Programs that a config has started, looked at where they lie: by the same rule by which they are refused
 * when they are to be started. One that is not there may be on the machine that the config is for.
 */
import { constants } from 'node:fs'
import { access, lstat } from 'node:fs/promises'
import { isWaySafe } from '../audit/anchor/way.ts'
import { placedRefs, providersOf } from '../config/accessors.ts'
import type { At, Finding } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { errnoOf } from '../errors.ts'
import { shellWord } from '../shell-word.ts'

interface Named {
  command: string
  at: At
}

/** Starts none of them. */
export async function programFindings(config: Config): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { command, at } of programsIn(config)) {
    const wrong = await wrongWith(command)
    if (wrong !== undefined) findings.push({ at, ...wrong })
  }
  return findings
}

function* programsIn(config: Config): Generator<Named> {
  for (const [name, { type, options }] of providersOf(config)) {
    const { command } = options
    if (type !== 'exec' || typeof command !== 'string') continue
    yield { command, at: ['secrets', 'providers', name, 'command'] }
  }
  for (const { entry, at } of placedRefs(config)) {
    const { driver, command } = entry.rotate ?? {}
    if (driver !== 'exec' || typeof command !== 'string') continue
    yield { command, at: [...at, 'rotate', 'command'] }
  }
  for (const [name, { command }] of Object.entries(config.alerts?.commands ?? {})) {
    const [program] = command
    if (program === undefined) continue
    yield { command: program, at: ['alerts', 'commands', name, 'command', 0] }
  }
}

/** @returns why it would not be started here; `undefined`: nothing is wrong with it */
async function wrongWith(command: string): Promise<Omit<Finding, 'at'> | undefined> {
  const word = shellWord(command)
  try {
    const stats = await lstat(command)
    if (stats.isSymbolicLink()) {
      return insecure(
        'this program is a symbolic link, and links are not followed',
        'name the file itself',
      )
    }
    if (!stats.isFile()) return insecure('this is not a program', 'name a regular file')
    if (stats.uid !== 0 && stats.uid !== process.geteuid?.()) {
      return insecure('this program belongs to another user', 'name one of yours, or of root')
    }
    if ((stats.mode & 0o022) !== 0) {
      return insecure('other users can change this program', `run: chmod go-w ${word}`)
    }
    if (!(await isWaySafe(command))) {
      return insecure(
        'other users can swap this program: a folder above it is theirs, or they can write it',
        `run: namei -l ${word}; then chmod go-w the folder, or move the program`,
      )
    }
    await access(command, constants.X_OK)
    return undefined
  } catch (error) {
    return notThere(errnoOf(error), word)
  }
}

function insecure(message: string, hint: string): Omit<Finding, 'at'> {
  return {
    code: 'FILE_INSECURE',
    severity: 'error',
    message: `${message}: it is not started`,
    hint,
  }
}

function notThere(errno: string | undefined, word: string): Omit<Finding, 'at'> {
  if (errno === 'ENOENT' || errno === 'ENOTDIR') {
    return {
      code: 'COMMAND_NOT_FOUND',
      severity: 'warning',
      message: 'this program is not there on this machine',
      hint: 'put it there, or correct the path',
    }
  }
  return {
    code: 'COMMAND_NOT_EXECUTABLE',
    severity: 'warning',
    message: 'this program cannot be run by you',
    hint: `run: chmod u+x ${word}, or check as the user that it is for`,
  }
}
