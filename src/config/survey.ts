/**
 * One walk over a parsed document: are all of its keys in the tree, is any of them dangerous, how deep
 * is it, and does a credential stand anywhere in it. Pure.
 */
import { literalKind } from '../targets/literals.ts'
import { hardcoded, type At } from './problems.ts'
import type { Problem } from './types.ts'

/** No config needs more; a parser's stack does not take much more. */
export const DEEPEST = 64

/** Keys with a meaning of their own in JavaScript. They name nothing a config has. */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor'
}

export interface Survey {
  /** Keys of all objects in the tree. */
  keys: number
  forbidden: boolean
  tooDeep: boolean
  literals: Problem[]
}

export function survey(tree: unknown): Survey {
  const found: Survey = { keys: 0, forbidden: false, tooDeep: false, literals: [] }
  const at: (string | number)[] = []
  visit(tree, at, found)
  return found
}

function visit(node: unknown, at: (string | number)[], found: Survey): void {
  if (typeof node === 'string') {
    report(node, at, found)
  } else if (typeof node !== 'object' || node === null) {
    return
  } else if (at.length >= DEEPEST) {
    found.tooDeep = true
  } else if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) {
      at.push(index)
      visit(item, at, found)
      at.pop()
    }
  } else {
    for (const [key, value] of Object.entries(node)) {
      found.keys += 1
      found.forbidden ||= isForbiddenKey(key)
      at.push(key)
      report(key, at, found, 'the name of this entry')
      visit(value, at, found)
      at.pop()
    }
  }
}

function report(text: string, at: At, found: Survey, what = 'this text'): void {
  const kind = literalKind(text)
  if (kind !== undefined) found.literals.push(hardcoded([...at], `${what} holds a ${kind}`))
}

/**
 * An upper bound for the values and keys of a JSON or JSON5 text, by its punctuation. Whatever keeps
 * the place of each, or explains each, takes some hundred bytes for every one.
 */
export function partsInText(text: Uint8Array): number {
  let parts = 1
  for (const byte of text) {
    // The comma, the colon and the two opening brackets.
    if (byte === 0x2c || byte === 0x3a || byte === 0x5b || byte === 0x7b) parts += 1
  }
  return parts
}

/**
 * How many keys a JSON text has, by its colons. Only for text that JSON.parse has accepted: where the
 * tree has fewer keys than the text, one stands there twice and JSON.parse kept the last.
 */
export function keysInText(json: Uint8Array): number {
  const QUOTE = 0x22
  const BACKSLASH = 0x5c
  const COLON = 0x3a
  let keys = 0
  for (let index = 0; index < json.length; index++) {
    const byte = json[index]
    if (byte === COLON) {
      keys += 1
    } else if (byte === QUOTE) {
      for (index++; index < json.length && json[index] !== QUOTE; index++) {
        if (json[index] === BACKSLASH) index++
      }
    }
  }
  return keys
}
