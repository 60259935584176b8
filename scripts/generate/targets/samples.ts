/** Texts that a pattern takes, made from it: what its one example does not show, such as other branches. */
import type { Pattern } from '../../../src/targets/types.ts'
import { OTHER, type Chars, type Node } from './regex.ts'

/** The example of a pattern, written out: `x{4}` is `xxxx`. */
export function exampleOf({ example }: Pattern): string {
  return example.replace(/(.)\{(\d{1,4})\}/gs, (_, char: string, times: string) =>
    char.repeat(Number(times)),
  )
}

const COUNT = 16

/** The same for the same pattern, every time. */
export function samplesOf(node: Node): string[] {
  return Array.from({ length: COUNT }, (_, seed) => sample(node, seed, { drawn: seed * 7919 + 1 }))
}

/** Texts of which one begins whatever the pattern takes; they end where it leaves more than a few open. */
export function prefixesOf(node: Node): string[] {
  return beginnings(node).map(({ text }) => text)
}

function sample(node: Node, seed: number, random: { drawn: number }): string {
  switch (node.type) {
    case 'chars':
      return pick(node.chars, random)
    case 'choice': {
      const branch = node.branches[seed % node.branches.length]
      return branch === undefined ? '' : sample(branch, seed, random)
    }
    case 'repeat': {
      const most = Math.min(node.most, node.least + 24)
      const times = node.least + (seed % (most - node.least + 1))
      return Array.from({ length: times }, () => sample(node.item, seed, random)).join('')
    }
    case 'sequence':
    default:
      return node.items.map((item) => sample(item, seed, random)).join('')
  }
}

function pick(chars: Chars, random: { drawn: number }): string {
  const from = drawnFrom(chars)
  random.drawn = (random.drawn * 48271) % 0x7fffffff
  return String.fromCodePoint(from[random.drawn % from.length] ?? 0x3f)
}

const lots = new WeakMap<Chars, readonly number[]>()

/** Letters and digits where they are allowed: the commonest, and so the likeliest to fit elsewhere too. */
function drawnFrom(chars: Chars): readonly number[] {
  const before = lots.get(chars)
  if (before !== undefined) return before
  const allowed = chars.flatMap((has, code) => (has && code < OTHER ? [code] : []))
  const plain = allowed.filter((code) => /[a-z0-9]/i.test(String.fromCodePoint(code)))
  const from = plain.length > 0 ? plain : allowed
  lots.set(chars, from)
  return from
}

interface Beginning {
  text: string
  /** Nothing is left open so far. */
  whole: boolean
}

const MOST_BEGINNINGS = 64
const FEW = 4

function beginnings(node: Node): Beginning[] {
  switch (node.type) {
    case 'chars': {
      const codes = node.chars.flatMap((has, code) => (has ? [code] : []))
      if (codes.length > FEW || codes.includes(OTHER)) return [{ text: '', whole: false }]
      return codes.map((code) => ({ text: String.fromCodePoint(code), whole: true }))
    }
    case 'choice':
      return node.branches.flatMap(beginnings)
    case 'repeat': {
      if (node.least === 0 && node.most === 1) {
        return [{ text: '', whole: true }, ...beginnings(node.item)]
      }
      const items = Array.from({ length: node.least }, () => node.item)
      const begun = beginnings({ type: 'sequence', items })
      return node.least === node.most ? begun : begun.map(({ text }) => ({ text, whole: false }))
    }
    case 'sequence':
    default: {
      let begun: Beginning[] = [{ text: '', whole: true }]
      for (const item of node.items) {
        const next = beginnings(item)
        const longer = begun.flatMap((before) =>
          before.whole
            ? next.map(({ text, whole }) => ({ text: before.text + text, whole }))
            : [before],
        )
        if (longer.length > MOST_BEGINNINGS || !begun.some(({ whole }) => whole)) break
        begun = longer
      }
      return begun
    }
  }
}
