/** SecretRef's own folder: whose it is, and who can reach it. `lstat` only. */
import { lstatSync, readdirSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { abandonedFolders, privatePlaces } from '../../gateway/folder.ts'
import type { Io } from '../io.ts'
import { attention, bad, good, none, type Finding } from './finding.ts'
import { shellWord } from '../../shell-word.ts'

const CHECK = 'home'

export function checkHome(io: Io): Finding[] {
  const { home } = io
  const look = lookAt(home.dir, statSync)
  if (look === undefined) {
    return [none(CHECK, `${home.dir} is not there yet; the first start makes it`)]
  }
  const findings = [
    judge(home.dir, look, 'folder', 0o077),
    ...[home.keys, home.run].map((path) => judge(path, lookAt(path), 'folder', 0o077)),
    ...keysIn(home.keys).map((path) => judge(path, lookAt(path), 'file', 0o077)),
    ...[home.auditLock, home.stateDb].map((path) => judge(path, lookAt(path), 'file', 0o077)),
    // Everybody may know what is trusted; nobody else may say it.
    judge(home.trust, lookAt(home.trust), 'file', 0o022),
  ].filter((finding) => finding !== undefined)
  return findings.length > 0 ? findings : [good(CHECK, `${home.dir} is yours alone`)]
}

/** Where a value that is delivered as a file lies, and what a killed gateway left there. */
export function checkPlaces({ home, env }: Io): Finding[] {
  const [best] = privatePlaces(home, env)
  const left = abandonedFolders(home, env)
  return [
    best?.tmpfs === true
      ? good('file delivery', `in ${best.dir}, which is memory`)
      : attention(
          'file delivery',
          `in ${home.run}, which is on a disk: there is no tmpfs of yours`,
          'mount a tmpfs on /dev/shm, or set XDG_RUNTIME_DIR to one',
        ),
    ...left.map((folder) =>
      attention(
        'file delivery',
        `${folder} was left behind by a gateway that was killed`,
        'the next start removes it',
      ),
    ),
  ]
}

/** @returns what is there, the errno where it cannot be looked at, `undefined` where nothing is */
function lookAt(
  path: string,
  stat: (path: string) => Stats = lstatSync,
): Stats | string | undefined {
  try {
    return stat(path)
  } catch (error) {
    const errno = errnoOf(error) ?? 'no reason'
    return errno === 'ENOENT' ? undefined : errno
  }
}

/** @param others mode bits that nobody else may have @returns what is wrong, if anything */
function judge(
  path: string,
  look: Stats | string | undefined,
  kind: 'file' | 'folder',
  others: number,
): Finding | undefined {
  if (look === undefined) return undefined
  if (typeof look === 'string') {
    return bad(CHECK, `${path} cannot be looked at (${look})`, 'check the folders above it')
  }
  if (kind === 'folder' ? !look.isDirectory() : !look.isFile()) {
    return bad(CHECK, `${path} is no ${kind}`, `move it away: mv ${shellWord(path)} elsewhere`)
  }
  if (look.uid !== process.geteuid?.()) {
    return bad(
      CHECK,
      `${path} belongs to another user (${look.uid})`,
      'run as that user, or set SECRETREF_HOME to a folder of your own',
    )
  }
  if ((look.mode & others) === 0) return undefined
  const mode = kind === 'folder' ? '700' : '600'
  return bad(CHECK, `${path} can be reached by others`, `chmod ${mode} ${shellWord(path)}`)
}

function keysIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    // Not there, or told about as a folder.
    return []
  }
}
