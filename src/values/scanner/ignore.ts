/**
 * What `.gitignore` files leave out (gitignore(5)), read by ourselves: git itself, run in a repository
 * that came from elsewhere, reads that repository's own configuration, which can name programs to run.
 *
 * `.git/info/exclude` and the user's own list are not read: what is left out too little is searched too
 * much, which harms nobody.
 */
import { globOf, type Glob } from './glob.ts'

interface Rule {
  negated: boolean
  foldersOnly: boolean
  /** Where the pattern has a slash: on the path below its `.gitignore`; else on the name alone. */
  onPath: boolean
  matches: Glob
}

/** The rules of one `.gitignore`, the last one first: it has the last word. @param text of the file */
export function rulesIn(text: string): Rule[] {
  return text
    .replace(/^\xef\xbb\xbf/, '')
    .split('\n')
    .flatMap((line) => ruleOf(line) ?? [])
    .reverse()
}

function ruleOf(line: string): Rule | undefined {
  if (line.startsWith('#')) return undefined
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
  readonly #rules: readonly Rule[]
  readonly #above: Ignored | undefined
  /** The name of the folder in the one above. */
  readonly #name: string

  private constructor(rules: readonly Rule[], name: string, above: Ignored | undefined) {
    this.#rules = rules
    this.#name = name
    this.#above = above
  }

  /** Of a folder that no other has a say in. */
  static top(rules: readonly Rule[]): Ignored {
    return new Ignored(rules, '', undefined)
  }

  /** Of a folder in this one. */
  below(name: string, rules: readonly Rule[]): Ignored {
    return new Ignored(rules, name, this)
  }

  /** Whether an entry of this folder is left out. */
  ignores(name: string, isFolder: boolean): boolean {
    return this.#verdict(name, name, isFolder) ?? false
  }

  /** @param path of the entry, below this folder; `undefined` where no rule speaks of it */
  #verdict(name: string, path: string, isFolder: boolean): boolean | undefined {
    for (const rule of this.#rules) {
      if (rule.foldersOnly && !isFolder) continue
      if (rule.matches(rule.onPath ? path : name)) return !rule.negated
    }
    if (this.#above === undefined) return undefined
    return this.#above.#verdict(name, `${this.#name}/${path}`, isFolder)
  }
}
