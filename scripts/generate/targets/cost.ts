/**
 * How much work a backtracking matcher can be made to do by a pattern, whatever text it is given.
 *
 * A repetition costs nothing extra where the next character alone decides whether it goes on: what it
 * repeats and what may follow begin with different characters. Elsewhere every place where it could stop
 * is tried, and the rest of the pattern after each. The bound is the sum over all parts of how often each
 * is tried at most. A repetition whose own content can match one text in two ways is refused outright:
 * that is where the work doubles with each character.
 */
import { OTHER, type Chars, type Node } from './regex.ts'

/** What a part may begin with, whether it may match nothing, its greatest length in characters. */
interface Shape {
  first: Chars
  empty: boolean
  longest: number
}

const NOTHING: Chars = Array.from({ length: OTHER + 1 }, () => false)

export function shapeOf(node: Node): Shape {
  switch (node.type) {
    case 'chars':
      return { first: node.chars, empty: false, longest: 1 }
    case 'choice': {
      const shapes = node.branches.map(shapeOf)
      return {
        first: shapes.map(({ first }) => first).reduce(union, NOTHING),
        empty: shapes.some(({ empty }) => empty),
        longest: Math.max(...shapes.map(({ longest }) => longest)),
      }
    }
    case 'repeat': {
      const { first, empty, longest } = shapeOf(node.item)
      return { first, empty: empty || node.least === 0, longest: longest * node.most }
    }
    case 'sequence':
    default: {
      const shapes = node.items.map(shapeOf)
      return {
        first: firstOf(shapes, NOTHING),
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
function measure(node: Node, after: Chars): Measure {
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
        const measured = measure(item, firstOf(shapes.slice(index + 1), after))
        steps += ways * measured.steps
        ways *= measured.ways
      })
      return { steps, ways }
    }
  }
}

function measureRepeat(
  { item, least, most }: Extract<Node, { type: 'repeat' }>,
  after: Chars,
): Measure {
  const shape = shapeOf(item)
  const inner = measure(item, union(shape.first, after))
  if (most > 1 && (inner.ways > 1 || shape.empty)) {
    throw new Error('repeats what can match one text in several ways')
  }
  const clear = least === most || !meets(shape.first, after)
  const stops = clear ? 1 : most - least + 1
  return { steps: inner.steps * most + stops, ways: inner.ways * stops }
}

/** Whether the next character tells which branch it is. */
function decided(shapes: readonly Shape[]): boolean {
  return shapes.every(
    ({ first, empty }, index) =>
      !empty && shapes.slice(index + 1).every((other) => !meets(first, other.first)),
  )
}

function firstOf(shapes: readonly Shape[], after: Chars): Chars {
  let first = NOTHING
  for (const shape of shapes) {
    first = union(first, shape.first)
    if (!shape.empty) return first
  }
  return union(first, after)
}

function union(one: Chars, other: Chars): Chars {
  return one.map((has, code) => has || other[code] === true)
}

function meets(one: Chars, other: Chars): boolean {
  return one.some((has, code) => has && other[code] === true)
}
