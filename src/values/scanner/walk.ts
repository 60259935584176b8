/** The files below a path, in the order of their names. Symbolic links are not followed. */
import { lstatSync, readdirSync, type Dirent, type Stats } from 'node:fs'
import { isAgentFile } from '../detect/agent-files.ts'
import { Ignored, rulesIn } from './ignore.ts'
import type { Reader } from './read.ts'

/** `path` in bytes: a name need not be UTF-8. */
export type Step =
  | { kind: 'file'; path: Buffer; name: string; agent: boolean; ignored: boolean }
  | { kind: 'special'; path: Buffer }
  | { kind: 'unreadable'; path: Buffer }
  | { kind: 'left-out' }
  /** One that is looked through from here on: of very many, none may have a file to tell of. */
  | { kind: 'folder'; path: Buffer }

interface Folder {
  path: Buffer
  name: string
  /** `undefined`: everything counts. */
  rules: Ignored | undefined
  /** Left out itself; looked through for files of agents alone. */
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
      { path, name, rules: all ? undefined : rulesAt(path, reader), ignored: false },
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
      const left =
        folder.rules !== undefined &&
        (folder.ignored || NEVER.has(name) || folder.rules.ignores(name, entry.isDirectory()))
      if (entry.isDirectory()) {
        if (left && !folder.ignored) yield { kind: 'left-out' }
        if (folder.rules !== undefined && NEVER.has(name)) continue
        inner.push({ path, name, ...rulesBelow(folder, { path, name, left }, reader) })
      } else if (entry.isFile()) {
        const agent = isAgentFile(name, folder.name)
        if (!left || agent) yield { kind: 'file', path, name, agent, ignored: left }
        else if (!folder.ignored) yield { kind: 'left-out' }
      } else if (!entry.isSymbolicLink() && !left) yield { kind: 'special', path }
    }
    open.push(...inner.reverse())
  }
}

function rulesBelow(
  folder: Folder,
  { path, name, left }: { path: Buffer; name: string; left: boolean },
  reader: Reader,
): Pick<Folder, 'rules' | 'ignored'> {
  if (folder.rules === undefined) return { rules: undefined, ignored: false }
  // Nothing in it can be taken back in, so its own rules say nothing.
  if (left) return { rules: folder.rules, ignored: true }
  const own = rulesOf(path, reader)
  const rules = isWorkTree(path) ? Ignored.top(own) : folder.rules.below(name, own)
  return { rules, ignored: false }
}

/** What holds in a folder by itself and by those above it, up to the one that git's work tree begins at. */
function rulesAt(path: Buffer, reader: Reader): Ignored {
  const above: Buffer[] = [path]
  for (let at = path; !isWorkTree(at);) {
    const slash = at.lastIndexOf(SLASH)
    // No work tree: each folder's own `.gitignore` holds all the same, as in a source archive.
    if (slash <= 0) return Ignored.top(rulesOf(path, reader))
    at = at.subarray(0, slash)
    above.unshift(at)
  }
  const [top = path, ...rest] = above
  return rest.reduce(
    (rules, folder) =>
      rules.below(
        folder.subarray(folder.lastIndexOf(SLASH) + 1).toString('latin1'),
        rulesOf(folder, reader),
      ),
    Ignored.top(rulesOf(top, reader)),
  )
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
