/**
 * A config as JSON5, with the place of everything in it: for what JSON.parse does not read, and to say
 * where a mistake stands. A good strict JSON config never waits for this.
 */
import { parse, type MemberNode, type ValueNode } from '@humanwhocodes/momoa'
import { literalKind } from '../targets/literals.ts'
import { hardcoded, invalid, shownKey, type At } from './problems.ts'
import { DEEPEST, isForbiddenKey } from './survey.ts'
import type { Problem } from './types.ts'

export interface Place {
  line: number
  column: number
}

export interface Document {
  /** The value; nothing where the text could not be read. */
  tree: unknown
  /** Syntax, duplicate and forbidden keys, nesting, credentials in comments. */
  problems: Problem[]
  /** Where the node at this path begins, or the last one on the way to it that there is. */
  placeOf: (at: At) => Place | undefined
}

/**
 * @param text the whole config
 * @param comments true: look for credentials in comments too (JSON has none)
 */
export function readDocument(text: string, comments: boolean): Document {
  try {
    // momoa 3.3.13 never comes back from a string that a backslash at the very end of the text leaves open.
    const ended = text.endsWith('\\') ? `${text}\n` : text
    const { body, tokens = [] } = parse(ended, { mode: 'json5', tokens: comments })
    const reader = new Reader()
    const tree = reader.value(body, [])
    for (const token of tokens) {
      if (token.type !== 'LineComment' && token.type !== 'BlockComment') continue
      const kind = literalKind(text.slice(token.loc.start.offset, token.loc.end.offset))
      if (kind === undefined) continue
      reader.problems.push({ ...hardcoded([], `this comment holds a ${kind}`), ...place(token) })
    }
    const places = new Places(body)
    return { tree, problems: reader.problems, placeOf: (at) => places.find(at) }
  } catch (error) {
    return { tree: undefined, problems: [syntaxProblem(error)], placeOf: () => undefined }
  }
}

/** The parser's own message quotes the text, so only its place is taken over. */
function syntaxProblem(error: unknown): Problem {
  if (error instanceof RangeError) return tooDeep([])
  if (!(error instanceof Error) || !('line' in error) || !('column' in error)) throw error
  const problem = invalid(
    [],
    'the text cannot be read as JSON from here',
    'look for a missing comma, quote or bracket just before; comments and trailing commas are allowed',
  )
  const { line, column } = error
  return typeof line === 'number' && typeof column === 'number'
    ? { ...problem, line, column }
    : problem
}

function tooDeep(at: At): Problem {
  return invalid(at, `this is nested more than ${DEEPEST} levels deep`)
}

class Reader {
  readonly problems: Problem[] = []

  value(node: ValueNode, at: At): unknown {
    if (at.length >= DEEPEST && (node.type === 'Array' || node.type === 'Object')) {
      this.problems.push({ ...tooDeep(at), ...place(node) })
      return null
    }
    switch (node.type) {
      case 'Array':
        return node.elements.map(({ value }, index) => this.value(value, [...at, index]))
      case 'Object':
        return this.#object(node.members, at)
      case 'Null':
        return null
      case 'NaN':
        return Number.NaN
      case 'Infinity':
        return node.sign === '-' ? -Infinity : Infinity
      case 'String':
      case 'Number':
      case 'Boolean':
      default:
        return node.value
    }
  }

  #object(members: readonly MemberNode[], at: At): Record<string, unknown> {
    const lines = new Map<string, number>()
    const object: Record<string, unknown> = {}
    for (const member of members) {
      const key = keyOf(member)
      const here = [...at, key]
      const first = lines.get(key)
      if (isForbiddenKey(key)) {
        this.problems.push({
          ...invalid(here, 'this key is not allowed anywhere'),
          ...place(member),
        })
        continue
      }
      if (first === undefined) {
        lines.set(key, member.loc.start.line)
      } else {
        const message = `"${shownKey(key)}" is written twice, first in line ${first}`
        const problem = invalid(here, message, 'keep one of the two')
        this.problems.push({ ...problem, ...place(member) })
      }
      object[key] = this.value(member.value, here)
    }
    return object
  }
}

/** Finds nodes by their paths; an object's members are put into a map when it is first passed. */
class Places {
  readonly #root: ValueNode
  readonly #members = new WeakMap<ValueNode, Map<string, MemberNode>>()

  constructor(root: ValueNode) {
    this.#root = root
  }

  find(at: At): Place {
    let node = this.#root
    let found = place(node)
    for (const step of at) {
      let next: ValueNode | undefined
      if (node.type === 'Object') {
        const member = this.#membersOf(node, node.members).get(String(step))
        if (member !== undefined) found = place(member)
        next = member?.value
      } else if (node.type === 'Array' && typeof step === 'number') {
        next = node.elements[step]?.value
        if (next !== undefined) found = place(next)
      }
      if (next === undefined) break
      node = next
    }
    return found
  }

  /** Of two members with one key the last counts, as for JSON.parse. */
  #membersOf(node: ValueNode, members: readonly MemberNode[]): Map<string, MemberNode> {
    const known = this.#members.get(node)
    if (known !== undefined) return known
    const map = new Map(members.map((member) => [keyOf(member), member]))
    this.#members.set(node, map)
    return map
  }
}

function keyOf({ name }: MemberNode): string {
  return name.type === 'Identifier' ? name.name : name.value
}

function place(node: { loc: { start: Place } }): Place {
  const { line, column } = node.loc.start
  return { line, column }
}
