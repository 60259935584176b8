/** What git would say of the files in a folder: by its `.gitignore` files, and by what it has of them. */
import { HeldFolder, pathIn } from './held.ts'
import { Ignored, NO_RULES, rulesIn } from './ignore.ts'
import type { Reader } from './read.ts'
import { trackedFiles } from './tracked.ts'

/** What holds in a folder. */
export interface Git {
  ignored: Ignored
  /** In the nearest work tree; a path begins behind `prefix` bytes of one on disk. */
  tracked: ReadonlySet<string>
  prefix: number
}

const SLASH = Buffer.from('/')
const NOTHING = Buffer.alloc(0)
const DOT_GIT = Buffer.from('.git')
const IGNORE_FILE = Buffer.from('.gitignore')

export class GitRules {
  readonly #reader: Reader
  readonly #owners: ReadonlySet<number>
  readonly #notFollowed: () => void

  /**
   * @param asked the folder that the search begins at
   * @param notFollowed told of each `.gitignore` that has no say although it is there
   */
  constructor(asked: HeldFolder, reader: Reader, notFollowed: () => void) {
    this.#reader = reader
    // The rule of git's safe.directory (git-config(1)): what another user has put above a folder, in /tmp
    // for one, has no say in it. Inside, other users' files have none either.
    this.#owners = new Set([0, asked.owner, process.geteuid?.() ?? asked.owner])
    this.#notFollowed = notFollowed
  }

  /** By a folder itself and by those above it, up to the one that git's work tree begins at. */
  at(folder: HeldFolder, path: Buffer): Git {
    if (isWorkTree(folder)) return this.#top(folder, path)
    const above: Buffer[] = []
    for (let at = parentOf(path); at !== undefined; at = parentOf(at)) {
      above.unshift(at)
      if (this.#isOurWorkTree(at)) return this.#through(above, folder, path)
    }
    // No work tree: each folder's own `.gitignore` holds all the same, as in a source archive.
    return this.#top(folder, path)
  }

  /** Of a folder in another one. @param path of the folder */
  below(git: Git, folder: HeldFolder, path: Buffer): Git {
    if (isWorkTree(folder)) return this.#top(folder, path)
    return { ...git, ignored: this.#ignored(folder, nameOf(path), git.ignored) }
  }

  /** @param above from the work tree down to the folder's parent */
  #through(above: readonly Buffer[], folder: HeldFolder, path: Buffer): Git {
    let git: Git | undefined
    for (const at of above) {
      const held = HeldFolder.open(at)
      try {
        if (git === undefined) {
          git =
            held === undefined
              ? {
                  ignored: Ignored.top(NO_RULES),
                  tracked: new Set(),
                  prefix: pathIn(at, NOTHING).length,
                }
              : this.#top(held, at)
        } else if (held === undefined) git.ignored = git.ignored.below(nameOf(at), NO_RULES)
        else git.ignored = this.#ignored(held, nameOf(at), git.ignored)
      } finally {
        held?.close()
      }
    }
    if (git === undefined) return this.#top(folder, path)
    return { ...git, ignored: this.#ignored(folder, nameOf(path), git.ignored) }
  }

  /** Of a folder by itself: one that no other has a say in. */
  #top(folder: HeldFolder, path: Buffer): Git {
    const within = folder.entry(NOTHING)
    return {
      ignored: this.#ignored(folder, '', undefined),
      tracked: within === undefined ? new Set() : trackedFiles(within),
      prefix: pathIn(path, NOTHING).length,
    }
  }

  /** None of a folder's own where there is no file that we can read: then more is searched. */
  #ignored(folder: HeldFolder, name: string, above: Ignored | undefined): Ignored {
    const entry = folder.entry(IGNORE_FILE)
    const content = entry === undefined ? undefined : this.#reader.read(entry)
    let rules = NO_RULES
    if (content?.kind === 'text' || content?.kind === 'huge') {
      if (content.kind === 'text' && !this.#owners.has(content.owner)) this.#notFollowed()
      else {
        const given =
          content.kind === 'text'
            ? rulesIn(content.bytes.toString('latin1'), above?.room)
            : undefined
        if (given === undefined) {
          this.#notFollowed()
          // It might take back in what those above leave out: nothing is left out.
          return Ignored.top(NO_RULES)
        }
        rules = given
      }
    }
    return above === undefined ? Ignored.top(rules) : above.below(name, rules)
  }

  #isOurWorkTree(path: Buffer): boolean {
    const folder = HeldFolder.open(path)
    if (folder === undefined) return false
    try {
      const st = folder.stat(DOT_GIT)
      return st !== undefined && this.#owners.has(st.uid)
    } finally {
      folder.close()
    }
  }
}

/** Its `.git` is a folder, or a file in a linked work tree or a submodule. */
function isWorkTree(folder: HeldFolder): boolean {
  return folder.stat(DOT_GIT) !== undefined
}

/** `undefined` of one right below the root, and of the root. */
function parentOf(path: Buffer): Buffer | undefined {
  const slash = path.lastIndexOf(SLASH)
  return slash <= 0 ? undefined : path.subarray(0, slash)
}

function nameOf(path: Buffer): string {
  return path.toString('latin1', path.lastIndexOf(SLASH) + 1)
}
