/** SecretRef's own folder: whose it is, and who can reach it. `lstat` only. */
import { lstatSync, readdirSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { abandonedFolders, privatePlaces } from '../../gateway/folder.ts'
import type { Io } from '../io.ts'
import { attention, bad, good, none, type Finding } from './finding.ts'
import { checkState } from './state.ts'
import { cannotMake, cannotUse, noSpace } from './usable.ts'
import { shellWord } from '../../shell-word.ts'

const CHECK = 'home'

export function checkHome(io: Io): Finding[] {
  const { home } = io
  const look = lookAt(home.dir, statSync)
  if (look === undefined) {
    return [
      cannotMake(CHECK, home.dir) ??
        none(CHECK, `${home.dir} is not there yet; the first start makes it`),
    ]
  }
  const unusable = cannotUse(CHECK, home.dir, 'folder')
  const own = judgeHome(home.dir, look) ?? unusable ?? noSpace(CHECK, home.dir)
  const file = (path: string, others: number, use: 'read' | 'written'): Finding | undefined =>
    judge(path, lookAt(path), 'file', others) ?? cannotUse(CHECK, path, use)
  const folder = (path: string): Finding | undefined =>
    judge(path, lookAt(path), 'folder', 0o077) ?? cannotUse(CHECK, path, 'folder')
  // Where the folder itself cannot be used, everything in it would say the same.
  const inside =
    typeof look === 'string' || unusable !== undefined
      ? []
      : [
          ...[home.keys, home.run, home.live].map(folder),
          ...keysIn(home.keys).map((path) => file(path, 0o077, 'read')),
          file(home.auditLock, 0o077, 'written'),
          file(home.stateDb, 0o077, 'written') ?? checkState(CHECK, home),
          cannotUse(CHECK, home.auditLog, 'written'),
          // Everybody may know what is trusted; nobody else may say it.
          file(home.trust, 0o022, 'read'),
        ]
  const findings = [own, ...inside].filter((finding) => finding !== undefined)
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

function judgeHome(dir: string, look: Stats | string): Finding | undefined {
  const own = 'set SECRETREF_HOME to a folder of your own'
  if (typeof look === 'string') {
    return bad(CHECK, `${dir} cannot be looked at (${look})`, `set HOME to your own, or ${own}`)
  }
  if (!look.isDirectory()) return bad(CHECK, `${dir} is no folder`, own)
  return judge(dir, look, 'folder', 0o077)
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
