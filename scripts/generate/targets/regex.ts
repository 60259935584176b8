/**
 * The part of regular expressions that the catalogue may use, as a tree: characters, classes, groups
 * without a capture, alternatives, and repetitions with an upper bound. Whatever else a pattern holds is
 * an error: what is not understood cannot be said to be harmless.
 */

/** Which characters: one place for each of ASCII, the last for all others. */
export type Chars = readonly boolean[]
export const OTHER = 128

export type Node =
  | { type: 'chars'; chars: Chars }
  | { type: 'sequence'; items: readonly Node[] }
  | { type: 'choice'; branches: readonly Node[] }
  | { type: 'repeat'; item: Node; least: number; most: number }

/** @throws an error that says what is not allowed, and where */
export function parse(pattern: string): Node {
  if (!pattern.startsWith('^') || !pattern.endsWith('$') || pattern.endsWith('\\$')) {
    throw new Error('is not anchored at both ends')
  }
  const parser = new Parser(pattern.slice(1, -1))
  return parser.whole()
}

const SETS: Readonly<Record<string, Chars>> = {
  d: where((char) => /\d/.test(char)),
  s: where((char) => /\s/.test(char), true),
  S: where((char) => /\S/.test(char), true),
  w: where((char) => /\w/.test(char)),
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Node {
    const node = this.#choice()
    if (this.#at < this.#text.length) throw this.#error('holds a ")" too many')
    return node
  }

  #choice(): Node {
    const branches = [this.#sequence()]
    while (this.#take('|')) branches.push(this.#sequence())
    const [only] = branches
    return branches.length === 1 && only !== undefined ? only : { type: 'choice', branches }
  }

  #sequence(): Node {
    const items: Node[] = []
    while (this.#at < this.#text.length && !'|)'.includes(this.#next)) {
      items.push(this.#repeated(this.#atom()))
    }
    return { type: 'sequence', items }
  }

  #repeated(item: Node): Node {
    if ('*+'.includes(this.#next) && this.#next !== '') throw this.#error('repeats without a bound')
    if (this.#take('?')) return this.#checked({ type: 'repeat', item, least: 0, most: 1 })
    if (this.#next !== '{') return item
    const found = /^\{(\d{1,5})(?:,(\d{1,5}))?\}/.exec(this.#text.slice(this.#at))
    if (found === null) throw this.#error('repeats without a bound')
    this.#at += found[0].length
    const least = Number(found[1])
    return this.#checked({ type: 'repeat', item, least, most: Number(found[2] ?? least) })
  }

  #checked(node: Extract<Node, { type: 'repeat' }>): Node {
    if (node.least > node.most) throw this.#error('repeats at least more often than at most')
    if ('?*+{'.includes(this.#next) && this.#next !== '') throw this.#error('repeats a repetition')
    return node
  }

  #atom(): Node {
    if (this.#take('(?:')) {
      const node = this.#choice()
      if (!this.#take(')')) throw this.#error('leaves a group open')
      return node
    }
    if (this.#take('[')) return { type: 'chars', chars: this.#class() }
    const char = this.#next
    if (this.#take('\\')) return { type: 'chars', chars: this.#escape() }
    if ('(^$.'.includes(char)) throw this.#error(`holds "${char}", which is not for patterns here`)
    this.#at++
    return { type: 'chars', chars: just(char) }
  }

  #escape(): Chars {
    const char = this.#next
    this.#at++
    const set = SETS[char]
    if (set !== undefined) return set
    if (char === 'x') {
      const code = this.#text.slice(this.#at, this.#at + 2)
      this.#at += 2
      return just(String.fromCodePoint(Number.parseInt(code, 16)))
    }
    if (/[A-Za-z0-9]/.test(char) || char === '') throw this.#error(`holds "\\${char}"`)
    return just(char)
  }

  #class(): Chars {
    const negated = this.#take('^')
    const chars = Array.from({ length: OTHER + 1 }, () => false)
    while (!this.#take(']')) {
      if (this.#at >= this.#text.length) throw this.#error('leaves a class open')
      const from = this.#classAtom()
      const ranged = this.#next === '-' && this.#text[this.#at + 1] !== ']'
      if (!ranged) {
        from.forEach((has, code) => {
          if (has) chars[code] = true
        })
        continue
      }
      this.#at++
      const to = this.#classAtom()
      for (let code = from.indexOf(true); code <= to.indexOf(true); code++) chars[code] = true
    }
    return negated ? chars.map((has) => !has) : chars
  }

  #classAtom(): Chars {
    if (this.#take('\\')) return this.#escape()
    const char = this.#next
    this.#at++
    return just(char)
  }

  get #next(): string {
    return this.#text[this.#at] ?? ''
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #error(what: string): Error {
    return new Error(`${what} (at ${this.#at + 1})`)
  }
}

function where(test: (char: string) => boolean, other = false): Chars {
  return Array.from({ length: OTHER + 1 }, (_, code) =>
    code === OTHER ? other : test(String.fromCodePoint(code)),
  )
}

function just(char: string): Chars {
  const code = char.codePointAt(0) ?? OTHER
  return where((other) => other === char, code >= OTHER)
}
