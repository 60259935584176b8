/**
 * Git's patterns (gitignore(5), wildmatch.c) on names with one character for each byte. A pattern is run
 * as a set of states, one step for each character: one from a hostile repository takes no longer than
 * its length times the name's. Git's own matcher, and a regular expression, go back and try again, which
 * such a pattern can make last for ever.
 */

type Step =
  | { kind: 'char'; test: (char: string) => boolean }
  /** `*`: any number of characters but `/`. */
  | { kind: 'star' }
  /** `**` at the end: any number of characters. */
  | { kind: 'deep' }
  /** `**` and a slash: nothing, or anything that ends with a slash (`inside`). */
  | { kind: 'folders' }
  | { kind: 'inside' }

/** What matching may cost, in steps: states times characters. */
export class Work {
  /** Some was asked for that was not there. */
  ranOut = false
  #left: number
  readonly #whole: Work | undefined

  /** @param whole of which this is a part */
  constructor(steps: number, whole?: Work) {
    this.#left = steps
    this.#whole = whole
  }

  get left(): number {
    return this.#left
  }

  /** @returns whether there is that much */
  spend(steps: number): boolean {
    if (steps > this.#left || this.#whole?.spend(steps) === false) {
      this.ranOut = true
      return false
    }
    this.#left -= steps
    return true
  }
}

/** Where there is no work left it says no, and `work` says why. */
export type Glob = (name: string, work: Work) => boolean

/** Matches the whole of a name. A malformed pattern matches nothing, as in git. */
export function globOf(pattern: string): Glob {
  if (!/[*?[\\]/.test(pattern)) return (name, work) => work.spend(1) && name === pattern
  const ending = /^\*([^*?[\\/]+)$/.exec(pattern)?.[1]
  if (ending !== undefined)
    return (name, work) => work.spend(1) && name.endsWith(ending) && !name.includes('/')
  const steps = stepsOf(pattern)
  if (steps === undefined) return () => false
  const states = new States(steps)
  return (name, work) => runs(steps, states, name, work)
}

function stepsOf(pattern: string): Step[] | undefined {
  // Git compares the plain beginning by itself, and takes what follows for a pattern of its own: stars
  // right there count as those at a beginning (dir.c, match_pathname).
  const plain = pattern.search(/[*?[\\]/)
  const steps: Step[] = []
  for (let i = 0; i < pattern.length;) {
    const char = pattern.charAt(i)
    if (char === '*') {
      let after = i + 1
      while (pattern[after] === '*') after += 1
      const stars = after - i
      const atStart = i === plain || pattern[i - 1] === '/'
      i = after
      if (stars >= 2 && atStart && after === pattern.length) steps.push({ kind: 'deep' })
      else if (stars >= 2 && atStart && pattern[after] === '/') {
        steps.push({ kind: 'folders' }, { kind: 'inside' })
        i = after + 1
      } else steps.push({ kind: 'star' })
    } else if (char === '[') {
      const set = setAt(pattern, i)
      if (set === undefined) return undefined
      steps.push({ kind: 'char', test: set.test })
      i = set.end
    } else if (char === '?') {
      steps.push({ kind: 'char', test: (c) => c !== '/' })
      i += 1
    } else {
      const literal = char === '\\' ? pattern.charAt(i + 1) : char
      if (literal === '') return undefined
      steps.push(literalStep(literal))
      i += char === '\\' ? 2 : 1
    }
  }
  return steps
}

const LITERAL_STEPS = new Map<string, Step>()

/** One for each character there is: of long patterns, there are many. */
function literalStep(literal: string): Step {
  let step = LITERAL_STEPS.get(literal)
  if (step === undefined) {
    step = { kind: 'char', test: (char) => char === literal }
    LITERAL_STEPS.set(literal, step)
  }
  return step
}

function runs(steps: readonly Step[], states: States, name: string, work: Work): boolean {
  states.take()
  states.enter(0)
  for (const char of name) {
    const now = states.take()
    if (now.length === 0 || !work.spend(now.length)) return false
    for (const state of now) {
      const step = steps[state]
      if (step === undefined) continue
      if (step.kind === 'char') {
        if (step.test(char)) states.enter(state + 1)
      } else if (step.kind === 'star') {
        if (char !== '/') states.enter(state)
      } else if (step.kind === 'deep') states.enter(state)
      else if (step.kind === 'inside') {
        states.enter(state)
        if (char === '/') states.enter(state + 1)
      }
    }
  }
  return states.take().includes(steps.length)
}

/** Where in a pattern a name may have come to, each place once. One for all names: it is large. */
class States {
  readonly #steps: readonly Step[]
  #entered: number[] = []
  /** The turn in which each was last entered. */
  readonly #turns: Uint32Array
  #turn = 1

  constructor(steps: readonly Step[]) {
    this.#steps = steps
    this.#turns = new Uint32Array(steps.length + 1)
  }

  /** Adds one, and those that follow without a character; of one that is there, they are there. */
  enter(from: number): void {
    for (let state = from; this.#add(state);) {
      const kind = this.#steps[state]?.kind
      if (kind === 'star' || kind === 'deep') state += 1
      else if (kind === 'folders') {
        this.#add(state + 1)
        state += 2
      }
    }
  }

  /** Those that were entered since; from here on, others are. */
  take(): number[] {
    const entered = this.#entered
    this.#entered = []
    this.#turn += 1
    return entered
  }

  #add(state: number): boolean {
    if (this.#turns[state] === this.#turn) return false
    this.#turns[state] = this.#turn
    this.#entered.push(state)
    return true
  }
}

const CLASSES: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    alnum: /[A-Za-z0-9]/,
    alpha: /[A-Za-z]/,
    blank: /[ \t]/,
    cntrl: /[\0-\x1f\x7f]/, // oxlint-disable-line no-control-regex
    digit: /[0-9]/,
    graph: /[!-~]/,
    lower: /[a-z]/,
    print: /[ -~]/,
    punct: /[!-/:-@[-`{-~]/,
    space: /[ \t-\r]/,
    upper: /[A-Z]/,
    xdigit: /[0-9A-Fa-f]/,
  }),
)

/** `[a-z]`, `[!…]`, `[[:digit:]]`; `undefined` where it is not closed. Never takes a slash. */
function setAt(
  pattern: string,
  open: number,
): { test: (char: string) => boolean; end: number } | undefined {
  let i = open + 1
  const negated = pattern[i] === '!' || pattern[i] === '^'
  if (negated) i += 1
  const tests: ((char: string) => boolean)[] = []
  let previous = ''
  let close = 0
  for (let first = true; first || pattern[i] !== ']'; first = false) {
    let char = pattern.charAt(i)
    if (char === '') return undefined
    if (char === '[' && pattern[i + 1] === ':') {
      // Looked for once, not again from each of very many beginnings.
      if (close < i + 2) close = pattern.indexOf(']', i + 2)
      if (close === -1) return undefined
      if (close > i + 2 && pattern[close - 1] === ':') {
        const known = CLASSES.get(pattern.slice(i + 2, close - 1))
        if (known === undefined) return undefined
        tests.push((c) => known.test(c))
        i = close + 1
        previous = ''
        continue
      }
    }
    const isRange = char === '-' && previous !== '' && ![']', undefined].includes(pattern[i + 1])
    if (isRange) i += 1
    char = pattern.charAt(i)
    if (char === '\\') {
      i += 1
      char = pattern.charAt(i)
      if (char === '') return undefined
    }
    const [from, to] = [isRange ? previous : char, char]
    tests.push((c) => c >= from && c <= to)
    previous = isRange ? '' : char
    i += 1
  }
  return {
    test: (char) => char !== '/' && tests.some((test) => test(char)) !== negated,
    end: i + 1,
  }
}
