/** `secretref init`: a starter config, a place for values, and the commands that come next. */
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { loadConfig } from '../config/load.ts'
import { locateConfig } from '../config/locate.ts'
import { trustConfig, trustEntry } from '../config/trust.ts'
import type { LoadedConfig } from '../config/types.ts'
import { errnoOf, SecretRefError } from '../errors.ts'
import { userConfig } from '../state/home.ts'
import { printable, type Io } from './io.ts'
import { recordTrust } from './trust.ts'
import { STARTER_REF, STARTER_VARIABLE, starterConfig } from './starter.ts'

/** Overwrites nothing. What it writes it trusts: the content is ours. */
export async function init(io: Io, options: { global?: true }): Promise<number> {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not write a config and trust it', {
      scope: 'config',
      hint: 'init is for a person, outside of a run',
    })
  }
  const path = options.global === true ? userConfig(io.env) : join(io.cwd, 'secretref.json')
  const { home } = io
  refuseExisting(io, path)
  // Values that lie in the clear already are used as they lie: nothing moves them unasked.
  const plain = home.secretsFiles.find(exists)
  const place = plain ?? home.store.path
  makeFolder(home.dir)
  makeFolder(dirname(path))
  const loaded = await writeConfig(io, path, plain === undefined ? 'store' : 'file')
  io.out(`wrote ${printable(loaded.path)}, and trusts it\n`)
  if (plain === undefined) {
    io.out(`values ${exists(place) ? 'lie' : 'will lie'} encrypted in ${printable(place)}\n`)
  } else {
    io.out(`values lie in the clear in ${printable(place)}\n`)
    io.err(`hint: \`${io.program} store import\` moves them into an encrypted store\n`)
  }
  io.out(`next:\n`)
  io.out(`  ${io.program} secrets set ${STARTER_REF}\n`)
  io.out(`  ${io.program} run -- sh -c 'echo "\${${STARTER_VARIABLE}:+the agent has its key}"'\n`)
  sayOther(io, loaded.path)
  return 0
}

function refuseExisting(io: Io, path: string): void {
  if (!exists(path)) return
  throw new SecretRefError('USAGE', `there is a config already: ${path}`, {
    scope: 'config',
    hint: `\`${io.program} config check\` looks at it; move it away to begin anew`,
  })
}

/**
 * It must load as it stands and its trust must be on record, or it does not stay: in a folder that
 * others can write, for instance.
 */
async function writeConfig(io: Io, path: string, place: 'store' | 'file'): Promise<LoadedConfig> {
  create(path, starterConfig(io.program, place), 0o644)
  try {
    const now = io.now()
    const loaded = await loadConfig({ path, found: false }, { now })
    await recordTrust(io, trustEntry(loaded, now))
    trustConfig(loaded, io.home, now)
    return loaded
  } catch (error) {
    rmSync(path)
    throw error
  }
}

/** 0700 where it is missing, its parents too; what is there stays as it is. */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw notMade(dir, error)
  }
}

function create(path: string, text: string, mode: number): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  let fd: number
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  } catch (error) {
    throw notMade(path, error)
  }
  try {
    // Whatever the umask is: group-writable, the config would be refused.
    fchmodSync(fd, mode)
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function notMade(path: string, cause: unknown): SecretRefError {
  const why = errnoOf(cause) ?? 'no reason'
  return new SecretRefError('USAGE', `${path} could not be made: the system said ${why}`, {
    hint: 'check that its folder is there, is yours, and that the disk is not full',
    cause,
  })
}

/** Something is there, whatever it is: a dangling link too. @throws where it cannot be looked at */
function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return false
    throw new SecretRefError(
      'USAGE',
      `${path} cannot be looked at: the system said ${errno ?? 'no reason'}`,
      { hint: 'set HOME or SECRETREF_HOME to a folder of your own', cause: error },
    )
  }
}

/** Where another config comes first here, the next command would use that one. */
function sayOther(io: Io, path: string): void {
  const used = locateConfig({ env: io.env, cwd: io.cwd }).path
  if (exists(used) && sameFile(used, path)) return
  io.err(`${io.program}: in this folder another config comes first: ${printable(used)}\n`)
  io.err(`hint: add --config ${printable(path)} to each command\n`)
}

function sameFile(one: string, other: string): boolean {
  const [a, b] = [lstatSync(one), lstatSync(other)]
  return a.ino === b.ino && a.dev === b.dev
}
