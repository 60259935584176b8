/**
 * Who can reach the secrets files. By `lstat` alone: what is in them is for the value wing. The rule is
 * the file provider's, written down a second time on this side of the wall; a test holds both together.
 */
import { lstatSync, readdirSync, realpathSync, statSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { attention, bad, good, type Finding } from './finding.ts'
import { cannotUse, shutAbove } from './usable.ts'
import { shellWord } from '../../shell-word.ts'

const CHECK = 'secrets'
const MAX_BYTES = 1024 * 1024

/** @param paths absolute; a folder stands for the files in it */
export function checkSecretsFiles(program: string, paths: readonly string[]): Finding[] {
  const findings: Finding[] = []
  const fine: string[] = []
  for (const path of paths.flatMap(filesAt)) {
    const finding = checkSecretsFile(program, path)
    if (finding === undefined) fine.push(path)
    else findings.push(finding)
  }
  findings.push(...leftovers(program, paths))
  const [only, second] = fine
  if (only === undefined) return findings
  const what = second === undefined ? `${only} is` : `${fine.length} files are`
  return [good(CHECK, `${what} yours alone`), ...findings]
}

/** A setter that is killed in the middle leaves a file beside its target, with the value in it. */
function leftovers(program: string, paths: readonly string[]): Finding[] {
  const folders = new Set(paths.flatMap((path) => [path, dirname(path)]))
  return Array.from(folders).flatMap((dir) =>
    namesIn(dir)
      .filter((name) => /^\.secretref-[0-9a-f]{16}$/.test(name))
      .map((name) => {
        const path = join(dir, name)
        return attention(
          CHECK,
          `${path} is what a \`secrets set\` that was killed has left: it holds a value`,
          `the next \`${program} secrets set NAME\` removes it, or rm ${shellWord(path)}`,
        )
      }),
  )
}

/** Nothing where it is no folder, or not to be looked at: told about as a file. */
function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

/** @returns what is wrong with one file, if anything */
function checkSecretsFile(program: string, path: string): Finding | undefined {
  let stats: Stats
  try {
    stats = lstatSync(path)
  } catch (error) {
    const errno = errnoOf(error) ?? 'no reason'
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') {
      const shut = shutAbove(path)
      const hint =
        shut === undefined ? 'check the folders above it' : `chmod u+rwx ${shellWord(shut)}`
      return bad(CHECK, `${path} cannot be looked at (${errno})`, hint)
    }
    return attention(CHECK, `${path} is not there yet`, `\`${program} secrets set NAME\` makes it`)
  }
  if (stats.isSymbolicLink()) {
    return bad(
      CHECK,
      `${path} is a symbolic link, and links are not followed`,
      'write the path of the file itself into the config',
    )
  }
  if (!stats.isFile()) {
    return bad(CHECK, `${path} is not a regular file`, 'put a regular file there')
  }
  if (stats.uid !== process.geteuid?.()) {
    return bad(
      CHECK,
      `${path} belongs to another user`,
      'move the values into a file of your own, and name that in the config',
    )
  }
  if (stats.size > MAX_BYTES) {
    return bad(CHECK, `${path} is larger than 1 MiB`, 'split it, or give the large one a file')
  }
  const unreadable = cannotUse(CHECK, path, 'read')
  if (unreadable !== undefined) return unreadable
  if ((stats.mode & 0o077) === 0) return undefined
  const hint = `chmod 600 ${shellWord(path)}`
  return isShutOff(path, stats)
    ? attention(CHECK, `only a folder above ${path} keeps others out`, hint)
    : bad(CHECK, `${path} can be reached by others`, hint)
}

/** A folder above where it really lies keeps everybody else out, and it has that one name only. */
function isShutOff(path: string, file: Stats): boolean {
  if (file.nlink !== 1) return false
  const real = realpathSync(path)
  for (let dir = dirname(real); ; dir = dirname(dir)) {
    const { mode, uid } = statSync(dir)
    if ((mode & 0o011) === 0 && (uid === 0 || uid === process.geteuid?.())) return true
    if (dir === dirname(dir)) return false
  }
}

function filesAt(path: string): string[] {
  try {
    if (!lstatSync(path).isDirectory()) return [path]
    return readdirSync(path)
      .filter((name) => !name.startsWith('.'))
      .map((name) => join(path, name))
  } catch {
    // Not there, or not to be looked at: told about as a file.
    return [path]
  }
}
