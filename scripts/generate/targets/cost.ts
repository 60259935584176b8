/**
 * How much work a backtracking matcher can be made to do by a pattern, whatever text it is given.
 *
 * A repetition costs a look at what follows for each place where it could stop, if the next character
 * alone decides whether it goes on: what it repeats and what may follow begin with different characters.
 * Elsewhere the rest of the pattern is tried after each of these places. The bound is the sum over all parts of how often each
 * is tried at most. A repetition whose own content can match one text in two ways is refused outright:
 * that is where the work doubles with each character.
 */
import { OTHER, type Chars, type Node } from './regex.ts'

interface Shape extends Beginning {
  /** It may match nothing. */
  empty: boolean
  /** In characters. */
  longest: number
}

interface Beginning {
  /** What it may begin with. */
  first: Chars
  /** How many classes are looked at before it is clear that it does not begin here. */
  looks: number
}

const NOTHING: Beginning = { first: Array.from({ length: OTHER + 1 }, () => false), looks: 0 }

export function shapeOf(node: Node): Shape {
  switch (node.type) {
    case 'chars':
      return { first: node.chars, looks: 1, empty: false, longest: 1 }
    case 'choice': {
      const shapes = node.branches.map(shapeOf)
      return {
        ...shapes.reduce(both, NOTHING),
        empty: shapes.some(({ empty }) => empty),
        longest: Math.max(...shapes.map(({ longest }) => longest)),
      }
    }
    case 'repeat': {
      const { empty, longest, ...beginning } = shapeOf(node.item)
      return { ...beginning, empty: empty || node.least === 0, longest: longest * node.most }
    }
    case 'sequence':
    default: {
      const shapes = node.items.map(shapeOf)
      return {
        ...beginningOf(shapes, NOTHING),
        empty: shapes.every(({ empty }) => empty),
        longest: shapes.reduce((sum, { longest }) => sum + longest, 0),
      }
    }
  }
}

/** The greatest number of steps; of any text, also one that was made to cost as much as possible. */
export function stepsOf(node: Node): number {
  return measure(node, NOTHING).steps
}

interface Measure {
  steps: number
  /** How many ways there are through it, and so how often what follows is tried. */
  ways: number
}

/** @param after what may come after it; the end of the text is in no set */
function measure(node: Node, after: Beginning): Measure {
  switch (node.type) {
    case 'chars':
      return { steps: 1, ways: 1 }
    case 'choice': {
      const measures = node.branches.map((branch) => measure(branch, after))
      const steps = measures.reduce((sum, branch) => sum + branch.steps, 0)
      const ways = measures.map((branch) => branch.ways)
      const one = decided(node.branches.map(shapeOf))
      return { steps, ways: one ? Math.max(...ways) : ways.reduce((sum, count) => sum + count, 0) }
    }
    case 'repeat':
      return measureRepeat(node, after)
    case 'sequence':
    default: {
      let steps = 0
      let ways = 1
      const shapes = node.items.map(shapeOf)
      node.items.forEach((item, index) => {
        const measured = measure(item, beginningOf(shapes.slice(index + 1), after))
        steps += ways * measured.steps
        ways *= measured.ways
      })
      return { steps, ways }
    }
  }
}

function measureRepeat(
  { item, least, most }: Extract<Node, { type: 'repeat' }>,
  after: Beginning,
): Measure {
  const shape = shapeOf(item)
  const inner = measure(item, both(shape, after))
  if (most > 1 && (inner.ways > 1 || shape.empty)) {
    throw new Error('repeats what can match one text in several ways')
  }
  const stops = most - least + 1
  const clear = stops === 1 || !meets(shape.first, after.first)
  // Where it is clear, all stops but one are left after a look at what follows.
  const steps = inner.steps * most + (clear ? (stops - 1) * after.looks : 0)
  return { steps, ways: inner.ways * (clear ? 1 : stops) }
}

/** Whether the next character tells which branch it is. */
function decided(shapes: readonly Shape[]): boolean {
  return shapes.every(
    ({ first, empty }, index) =>
      !empty && shapes.slice(index + 1).every((other) => !meets(first, other.first)),
  )
}

function beginningOf(shapes: readonly Shape[], after: Beginning): Beginning {
  let begun = NOTHING
  for (const shape of shapes) {
    begun = both(begun, shape)
    if (!shape.empty) return begun
  }
  return both(begun, after)
}

function both(one: Beginning, other: Beginning): Beginning {
  const first = one.first.map((has, code) => has || other.first[code] === true)
  return { first, looks: one.looks + other.looks }
}

function meets(one: Chars, other: Chars): boolean {
  return one.some((has, code) => has && other[code] === true)
}
