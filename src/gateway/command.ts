/** Finds an agent's program, before anybody is asked for a secret. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'
import { errnoOf, SecretRefError } from '../errors.ts'

/**
 * The absolute path of `name` as `exec` would find it (POSIX, "Command Search and Execution"): a name
 * with a slash is a path from `cwd`, any other is looked for along `path`, in which an empty part means
 * `cwd`. Along no path at all nothing is found: what lies in `cwd` by chance is not meant.
 *
 * @throws COMMAND_NOT_FOUND (exit 127) or COMMAND_NOT_EXECUTABLE (exit 126)
 */
export function findCommand(name: string, path: string, cwd: string): string {
  const candidates = name.includes('/')
    ? [resolve(cwd, name)]
    : (path === '' ? [] : path.split(delimiter)).map((folder) => resolve(cwd, folder, name))
  let refused: string | undefined
  for (const candidate of candidates) {
    const state = executable(candidate)
    if (state === 'yes') return candidate
    if (state === 'no') refused ??= candidate
  }
  if (refused !== undefined) {
    throw new SecretRefError('COMMAND_NOT_EXECUTABLE', `${refused} cannot be executed`, {
      scope: 'agent',
      hint: 'it must be a file, and one that you may execute',
    })
  }
  throw new SecretRefError('COMMAND_NOT_FOUND', `the command ${name} was not found`, {
    scope: 'agent',
    hint: name.includes('/')
      ? `the path is read from ${cwd}`
      : 'it is in none of the folders in PATH; give its path',
  })
}

function executable(file: string): 'yes' | 'no' | 'absent' {
  try {
    if (!statSync(file).isFile()) return 'no'
    accessSync(file, constants.X_OK)
    return 'yes'
  } catch (error) {
    return errnoOf(error) === 'EACCES' ? 'no' : 'absent'
  }
}
