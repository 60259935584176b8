/**
 * What `.gitignore` files leave out (gitignore(5)), read by ourselves: git itself, run in a repository
 * that came from elsewhere, reads that repository's own configuration, which can name programs to run.
 *
 * `.git/info/exclude` and the user's own list are not read: what is left out too little is searched too
 * much, which harms nobody.
 */
import { globOf, type Glob, type Work } from './glob.ts'

/** As long as a path may be. */
const MOST_PATTERN = 4096
const MOST_PATTERNS = 10_000
/** Of all files that hold at one place, with those above: they stay in memory meanwhile. */
const MOST_TEXT = 512 * 1024

interface Rule {
  negated: boolean
  foldersOnly: boolean
  /** Where the pattern has a slash: on the path below its `.gitignore`; else on the name alone. */
  onPath: boolean
  matches: Glob
}

/** Of one `.gitignore`, the last one first: it has the last word. */
export interface Rules {
  readonly list: readonly Rule[]
  /** Characters of its text. */
  readonly text: number
}

export const NO_RULES: Rules = { list: [], text: 0 }

/**
 * @param text of the file, one character for each byte
 * @param room characters that there are left for it
 * @returns `undefined` where there are too many, or one is too long. None is taken out by itself: it might
 *   be the one that takes something back in.
 */
export function rulesIn(text: string, room = MOST_TEXT): Rules | undefined {
  if (text.length > room) return undefined
  const lines = text.replace(/^\xef\xbb\xbf/, '').split('\n')
  const patterns = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (patterns.length > MOST_PATTERNS || patterns.some((line) => line.length > MOST_PATTERN))
    return undefined
  const list = patterns.flatMap((line) => ruleOf(line) ?? []).reverse()
  return { list, text: text.length }
}

function ruleOf(line: string): Rule | undefined {
  let pattern = withoutTrailingSpaces(line.replace(/\r$/, ''))
  const negated = pattern.startsWith('!')
  if (negated) pattern = pattern.slice(1)
  const foldersOnly = pattern.endsWith('/')
  if (foldersOnly) pattern = pattern.slice(0, -1)
  if (pattern === '') return undefined
  const onPath = pattern.includes('/')
  return { negated, foldersOnly, onPath, matches: globOf(pattern.replace(/^\//, '')) }
}

/** A backslash keeps the space behind it. */
function withoutTrailingSpaces(line: string): string {
  let end = line.length
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\') {
      // At the very end it keeps everything before it.
      if (i + 1 === line.length) return line
      i += 1
      end = line.length
    } else if (line[i] !== ' ') end = line.length
    else if (end === line.length) end = i
  }
  return line.slice(0, end)
}

/** The `.gitignore` files that hold in a folder; the nearest has the first word. */
export class Ignored {
  /** Characters that there are left for the files below. */
  readonly room: number
  readonly #rules: Rules
  readonly #above: Ignored | undefined
  /** The name of the folder in the one above. */
  readonly #name: string

  private constructor(rules: Rules, name: string, above: Ignored | undefined) {
    this.#rules = rules
    this.#name = name
    this.#above = above
    this.room = (above?.room ?? MOST_TEXT) - rules.text
  }

  /** Of a folder that no other has a say in. */
  static top(rules: Rules): Ignored {
    return new Ignored(rules, '', undefined)
  }

  /** Of a folder in this one. */
  below(name: string, rules: Rules): Ignored {
    return new Ignored(rules, name, this)
  }

  /** Whether an entry of this folder is left out. Without `work` left it is not: then more is searched. */
  ignores(name: string, isFolder: boolean, work: Work): boolean {
    return Ignored.#leavesOut(this, { name, isFolder, work })
  }

  static #leavesOut(
    folder: Ignored,
    { name, isFolder, work }: { name: string; isFolder: boolean; work: Work },
  ): boolean {
    let path = name
    for (let at: Ignored | undefined = folder; at !== undefined; at = at.#above) {
      if (!work.spend(1 + path.length)) return false
      for (const rule of at.#rules.list) {
        if (!work.spend(1)) return false
        if (rule.foldersOnly && !isFolder) continue
        const matches = rule.matches(rule.onPath ? path : name, work)
        if (work.ranOut) return false
        if (matches) return !rule.negated
      }
      path = `${at.#name}/${path}`
    }
    return false
  }
}
