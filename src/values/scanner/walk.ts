/** The files below a path, in the order of their names. Symbolic links are not followed. */
import { pathBytes } from '../../gateway/scan/path-text.ts'
import { isAgentFile } from '../detect/agent-files.ts'
import { GitRules, type Git } from './git.ts'
import { Work } from './glob.ts'
import { HeldFolder, isAt, pathIn, statOf } from './held.ts'
import type { Content, Reader } from './read.ts'

/** `path` in bytes: a name need not be UTF-8. */
export type Step =
  | FileStep
  | { kind: 'special'; path: Buffer }
  | { kind: 'unreadable'; path: Buffer }
  | { kind: 'left-out' }
  /** A symbolic link. */
  | { kind: 'link' }
  /** A `.gitignore` that has no say: it is another user's, or too large. */
  | { kind: 'not-followed' }
  /** A folder in which patterns took too long, and left nothing more out. */
  | { kind: 'unmatched' }
  /** One that is looked through from here on: of very many, none may have a file to tell of. */
  | { kind: 'folder'; path: Buffer }

interface FileStep {
  kind: 'file'
  path: Buffer
  name: string
  agent: boolean
  ignored: boolean
  /** Possible until the next step. */
  read: () => Content
}

interface Folder {
  path: Buffer
  name: string
  /** Of the folder that it lies in; `undefined`: everything counts. */
  git: Git | undefined
  /** Left out itself; looked through for files of agents, and for what git has all the same. */
  ignored: boolean
}

/** Other people's code and git's own files; a file of an agent is never looked for in there. */
const NEVER: ReadonlySet<string> = new Set(['.git', 'node_modules'])
/** A second or two, where the patterns of a folder are made to take long. */
const FOLDER_STEPS = 50_000_000
/** Some ten times what the patterns of a very large repository take. */
const SEARCH_STEPS = 1_000_000_000

/** What may be spent on patterns in one search. */
export const workOfSearch = (): Work => new Work(SEARCH_STEPS)

interface Options {
  /** Also what is left out otherwise. */
  all: boolean
  reader: Reader
  work?: Work
}

/** @param top absolute, without symbolic links, as `pathText` has it */
export function* walk(
  top: string,
  { all, reader, work = workOfSearch() }: Options,
): Generator<Step> {
  const path = pathBytes(top)
  const [folder = '', name = ''] = path.toString('latin1').split('/').slice(-2)
  const st = statOf(path)
  if (st?.isFile()) {
    const read = (): Content => reader.read(path, (fd) => isAt(fd, path))
    const agent = isAgentFile(name, folder)
    yield { kind: 'file', path, name, agent, ignored: false, read }
  } else if (st !== undefined && !st.isDirectory()) yield { kind: 'special', path }
  else yield* new Walk(reader, work).below(path, { name, all })
}

class Walk {
  readonly #reader: Reader
  readonly #work: Work
  #rules: GitRules | undefined
  #notFollowed = 0

  constructor(reader: Reader, work: Work) {
    this.#reader = reader
    this.#work = work
  }

  *below(path: Buffer, { name, all }: { name: string; all: boolean }): Generator<Step> {
    const open: Folder[] = [{ path, name, git: undefined, ignored: false }]
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
      yield { kind: 'folder', path: folder.path }
      const held = HeldFolder.open(folder.path)
      try {
        const inner = held && (yield* this.#entries(held, folder, all))
        // One by one: they may be more than a call takes.
        if (inner !== undefined) for (const one of inner.reverse()) open.push(one)
        else if (!folder.ignored) yield { kind: 'unreadable', path: folder.path }
      } finally {
        held?.close()
      }
    }
  }

  /** @returns the folders to search in it; `undefined` where it cannot be read */
  *#entries(held: HeldFolder, folder: Folder, all: boolean): Generator<Step, Folder[] | undefined> {
    const entries = held.entries()
    if (entries === undefined) return undefined
    const git = all ? undefined : this.#gitOf(held, folder)
    for (; this.#notFollowed > 0; this.#notFollowed -= 1) yield { kind: 'not-followed' }
    const work = new Work(FOLDER_STEPS, this.#work)
    const inner: Folder[] = []
    for (const entry of entries) {
      const name = entry.name.toString('latin1')
      const path = pathIn(folder.path, entry.name)
      const isFolder = entry.isDirectory()
      const left =
        git !== undefined &&
        (folder.ignored || NEVER.has(name) || git.ignored.ignores(name, isFolder, work)) &&
        (isFolder || !isTracked(path, git))
      if (isFolder) {
        if (left && !folder.ignored) yield { kind: 'left-out' }
        if (git === undefined || !NEVER.has(name)) inner.push({ path, name, git, ignored: left })
      } else if (entry.isFile()) {
        const agent = isAgentFile(name, folder.name)
        const read = (): Content => this.#read(held, entry.name)
        if (!left || agent) yield { kind: 'file', path, name, agent, ignored: left, read }
        else if (!folder.ignored) yield { kind: 'left-out' }
      } else if (!left) yield entry.isSymbolicLink() ? { kind: 'link' } : { kind: 'special', path }
    }
    if (work.ranOut) yield { kind: 'unmatched' }
    return inner
  }

  #gitOf(held: HeldFolder, { path, git, ignored }: Folder): Git {
    this.#rules ??= new GitRules(held, this.#reader, () => (this.#notFollowed += 1))
    if (git === undefined) return this.#rules.at(held, path)
    // Nothing in it can be taken back in, so its own rules say nothing.
    return ignored ? git : this.#rules.below(git, held, path)
  }

  #read(held: HeldFolder, name: Buffer): Content {
    const entry = held.entry(name)
    return entry === undefined ? { kind: 'unreadable' } : this.#reader.read(entry)
  }
}

function isTracked(path: Buffer, { tracked, prefix }: Git): boolean {
  return tracked.size > 0 && tracked.has(path.toString('latin1', prefix))
}
