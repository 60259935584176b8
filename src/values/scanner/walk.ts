/** The files below a path, in the order of their names. Symbolic links are not followed. */
import { lstatSync, readdirSync, type Dirent, type Stats } from 'node:fs'
import { isAgentFile } from '../detect/agent-files.ts'
import { Ignored, rulesIn } from './ignore.ts'
import type { Reader } from './read.ts'
import { trackedFiles } from './tracked.ts'

/** `path` in bytes: a name need not be UTF-8. */
export type Step =
  | { kind: 'file'; path: Buffer; name: string; agent: boolean; ignored: boolean }
  | { kind: 'special'; path: Buffer }
  | { kind: 'unreadable'; path: Buffer }
  | { kind: 'left-out' }
  /** One that is looked through from here on: of very many, none may have a file to tell of. */
  | { kind: 'folder'; path: Buffer }

/** What holds in a folder. */
interface Git {
  ignored: Ignored
  /** In the nearest work tree; a path begins behind `prefix` bytes of one on disk. */
  tracked: ReadonlySet<string>
  prefix: number
}

interface Folder {
  path: Buffer
  name: string
  /** `undefined`: everything counts. */
  git: Git | undefined
  /** Left out itself; looked through for files of agents, and for what git has all the same. */
  ignored: boolean
}

const SLASH = Buffer.from('/')
/** Other people's code and git's own files; a file of an agent is never looked for in there. */
const NEVER: ReadonlySet<string> = new Set(['.git', 'node_modules'])

/**
 * @param top absolute, without symbolic links
 * @param all also what is left out otherwise
 */
export function* walk(
  top: string,
  { all, reader }: { all: boolean; reader: Reader },
): Generator<Step> {
  const path = Buffer.from(top)
  const names = top.split('/').map((name) => Buffer.from(name).toString('latin1'))
  const name = names.at(-1) ?? ''
  const st = statOf(path)
  if (st === undefined) yield { kind: 'unreadable', path }
  else if (st.isFile()) {
    yield { kind: 'file', path, name, agent: isAgentFile(name, names.at(-2) ?? ''), ignored: false }
  } else if (!st.isDirectory()) yield { kind: 'special', path }
  else
    yield* walkFolder(
      { path, name, git: all ? undefined : gitAt(path, reader), ignored: false },
      reader,
    )
}

function* walkFolder(top: Folder, reader: Reader): Generator<Step> {
  const open = [top]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    yield { kind: 'folder', path: folder.path }
    const entries = entriesOf(folder.path)
    if (entries === undefined) {
      if (!folder.ignored) yield { kind: 'unreadable', path: folder.path }
      continue
    }
    const inner: Folder[] = []
    for (const entry of entries) {
      const name = entry.name.toString('latin1')
      const path = Buffer.concat([folder.path, SLASH, entry.name])
      const isFolder = entry.isDirectory()
      const left =
        folder.git !== undefined &&
        (folder.ignored || NEVER.has(name) || folder.git.ignored.ignores(name, isFolder)) &&
        (isFolder || !isTracked(path, folder.git))
      if (isFolder) {
        if (left && !folder.ignored) yield { kind: 'left-out' }
        if (folder.git !== undefined && NEVER.has(name)) continue
        inner.push({ path, name, ...gitBelow(folder, { path, name, left }, reader) })
      } else if (entry.isFile()) {
        const agent = isAgentFile(name, folder.name)
        if (!left || agent) yield { kind: 'file', path, name, agent, ignored: left }
        else if (!folder.ignored) yield { kind: 'left-out' }
      } else if (!entry.isSymbolicLink() && !left) yield { kind: 'special', path }
    }
    open.push(...inner.reverse())
  }
}

function isTracked(path: Buffer, { tracked, prefix }: Git): boolean {
  return tracked.size > 0 && tracked.has(path.toString('latin1', prefix))
}

function gitBelow(
  folder: Folder,
  { path, name, left }: { path: Buffer; name: string; left: boolean },
  reader: Reader,
): Pick<Folder, 'git' | 'ignored'> {
  const { git } = folder
  if (git === undefined) return { git, ignored: false }
  // Nothing in it can be taken back in, so its own rules say nothing.
  if (left) return { git, ignored: true }
  if (isWorkTree(path)) return { git: gitOf(path, reader), ignored: false }
  const ignored = git.ignored.below(name, rulesOf(path, reader))
  return { git: { ...git, ignored }, ignored: false }
}

/** Of a folder by itself: one that no other has a say in. */
function gitOf(path: Buffer, reader: Reader): Git {
  return {
    ignored: Ignored.top(rulesOf(path, reader)),
    tracked: trackedFiles(path),
    prefix: path.length + 1,
  }
}

/** What holds in a folder by itself and by those above it, up to the one that git's work tree begins at. */
function gitAt(path: Buffer, reader: Reader): Git {
  const above: Buffer[] = [path]
  for (let at = path; !isWorkTree(at);) {
    const slash = at.lastIndexOf(SLASH)
    // No work tree: each folder's own `.gitignore` holds all the same, as in a source archive.
    if (slash <= 0) return gitOf(path, reader)
    at = at.subarray(0, slash)
    above.unshift(at)
  }
  const [top = path, ...rest] = above
  const git = gitOf(top, reader)
  for (const folder of rest) {
    const name = folder.subarray(folder.lastIndexOf(SLASH) + 1).toString('latin1')
    git.ignored = git.ignored.below(name, rulesOf(folder, reader))
  }
  return git
}

/** A folder, or a file in a linked work tree or a submodule. */
function isWorkTree(path: Buffer): boolean {
  return statOf(Buffer.concat([path, Buffer.from('/.git')])) !== undefined
}

/** `undefined` where there is nothing that we can see, whatever the reason. */
function statOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

/** None where it is no file that we can read: then more is searched. */
function rulesOf(folder: Buffer, reader: Reader): ReturnType<typeof rulesIn> {
  const content = reader.read(Buffer.concat([folder, Buffer.from('/.gitignore')]))
  return content.kind === 'text' ? rulesIn(content.bytes.toString('latin1')) : []
}

function entriesOf(path: Buffer): Dirent<Buffer>[] | undefined {
  try {
    const entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
    return entries.sort((a, b) => Buffer.compare(a.name, b.name))
  } catch {
    return undefined
  }
}
