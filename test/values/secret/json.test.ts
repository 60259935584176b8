import { deepStrictEqual } from 'node:assert'
import { isUtf8 } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_DEPTH, readJson, type JsonNode } from '../../../src/values/secret/json.ts'
import { quote, textOf } from '../../../src/values/secret/json-text.ts'

/** The tree as JSON.parse would give it. */
function toValue(bytes: Buffer, node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(
        Array.from(node.members, ([key, value]) => [key, toValue(bytes, value)]),
      )
    case 'array':
      return node.items.map((item) => toValue(bytes, item))
    case 'string':
      return textOf(bytes, node).toString('utf8')
    case 'number':
      return Number(bytes.toString('utf8', node.start, node.end))
    case 'true':
    case 'false':
    case 'null':
      break
  }
  return node.kind === 'null' ? null : node.kind === 'true'
}

const text = fc.string({ unit: 'binary', maxLength: 12 })
const documents = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), tie('value'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
})).value

/** Some or all characters as `\u` escapes, which JSON.stringify does not write. */
function escapeSome(json: string, every: number): string {
  let count = 0
  return json.replace(/[a-z](?=[^"\\]*")/g, (letter) =>
    ++count % every === 0 ? `\\u00${letter.charCodeAt(0).toString(16)}` : letter,
  )
}

function parseOrNothing(json: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) }
  } catch {
    return undefined
  }
}

function nested(depth: number): Buffer {
  return Buffer.from('['.repeat(depth) + ']'.repeat(depth))
}

describe('readJson', () => {
  test('reads what JSON.parse reads, and the same', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom(0, 2, '\t\r\n'), (value, indent) => {
        const json = JSON.stringify(value, null, indent)
        const bytes = Buffer.from(json)
        const result = readJson(bytes)
        // Vitest's own comparison stumbles over a key called constructor.
        deepStrictEqual('root' in result && toValue(bytes, result.root), JSON.parse(json))
      }),
      { numRuns: 500 },
    )
  })

  test('judges a mutated document as JSON.parse does, and never throws', () => {
    const mutation = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('change', 'insert', 'remove', 'cut'),
      byte: fc.oneof(
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom(...Buffer.from('{}[],:"\\u0d8-+.eE1')),
      ),
    })
    let accepted = 0
    fc.assert(
      fc.property(
        documents,
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        (value, changes) => {
          const list = [...Buffer.from(escapeSome(JSON.stringify({ 'fake-key': value }), 3))]
          for (const { at, kind, byte } of changes) {
            const index = at % (list.length + 1)
            if (kind === 'change') list[Math.min(index, list.length - 1)] = byte
            if (kind === 'insert') list.splice(index, 0, byte)
            if (kind === 'remove') list.splice(index, 1)
            if (kind === 'cut') list.length = index
          }
          const bytes = Buffer.from(list)
          const result = readJson(bytes)
          const reference = isUtf8(bytes) ? parseOrNothing(bytes.toString('utf8')) : undefined
          if ('root' in result) {
            accepted += 1
            deepStrictEqual({ value: toValue(bytes, result.root) }, reference)
            return
          }
          expect(Object.keys(result).toSorted()).toEqual(['fault', 'offset'])
          expect(result.offset).toBeLessThanOrEqual(bytes.length)
          if (result.fault === 'not-utf8') expect(isUtf8(bytes)).toBe(false)
          if (result.fault === 'not-json') expect(reference).toBeUndefined()
        },
      ),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  test.each([
    ['', 'not-json', 0],
    [' ', 'not-json', 1],
    ['{"a":1,}', 'not-json', 7],
    ['[1,]', 'not-json', 3],
    ['[,1]', 'not-json', 1],
    ['{"a" 1}', 'not-json', 5],
    ['{a:1}', 'not-json', 1],
    ["{'a':1}", 'not-json', 1],
    ['{"a":1}x', 'not-json', 7],
    ['{"a":1} {}', 'not-json', 8],
    ['"a', 'not-json', 2],
    ['"a\nb"', 'not-json', 2],
    ['"\\x41"', 'not-json', 1],
    ['"\\u12g4"', 'not-json', 1],
    ['01', 'not-json', 1],
    ['.5', 'not-json', 0],
    ['1.', 'not-json', 2],
    ['+1', 'not-json', 0],
    ['-', 'not-json', 1],
    ['1e', 'not-json', 2],
    ['NaN', 'not-json', 0],
    ['tru', 'not-json', 3],
    ['// note\n1', 'not-json', 0],
    ['{"a":1,"a":2}', 'duplicate-key', 10],
    ['{"a":1,"\\u0061":2}', 'duplicate-key', 15],
    ['{"x":{"a":1,"a":2}}', 'duplicate-key', 15],
    ['"\\ud800"', 'lone-surrogate', 1],
    ['"\\udc00"', 'lone-surrogate', 1],
    ['"\\ud800\\u0041"', 'lone-surrogate', 1],
    ['{"\\ud800":1}', 'lone-surrogate', 2],
  ])('%j is refused: %s at byte %i', (json, fault, offset) => {
    expect(readJson(Buffer.from(json))).toEqual({ fault, offset })
  })

  test.each([
    [[0xff]],
    [[0x22, 0xc3, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xc0, 0x80, 0x22]],
  ])('bytes %j are no UTF-8', (bytes) => {
    expect(readJson(Buffer.from(bytes))).toEqual({ fault: 'not-utf8', offset: 0 })
  })

  test('depth is bounded, on the way down and not in the width', () => {
    expect(readJson(nested(MAX_DEPTH))).toHaveProperty('root')
    expect(readJson(nested(MAX_DEPTH + 1))).toHaveProperty('fault', 'too-deep')
    expect(readJson(Buffer.from('{"a":'.repeat(100_000)))).toHaveProperty('fault', 'too-deep')
    expect(readJson(Buffer.from(`[${'[],'.repeat(10_000)}[]]`))).toHaveProperty('root')
  })

  test('a byte order mark is skipped, once', () => {
    expect(readJson(Buffer.from('\u{feff}{}'))).toHaveProperty('root.start', 3)
    expect(readJson(Buffer.from('\u{feff}\u{feff}{}'))).toHaveProperty('fault', 'not-json')
  })
})

describe('strings', () => {
  test('quote and textOf are each other’s inverse, and JSON.parse agrees', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (value) => {
        const quoted = quote(Buffer.from(value))
        expect(JSON.parse(quoted.toString())).toBe(value)
        expect(textOf(quoted, { start: 0, end: quoted.length }).toString()).toBe(value)
      }),
      { numRuns: 500 },
    )
  })

  test('every escape is understood', () => {
    const json = Buffer.from(String.raw`"\"\\\/\b\f\n\r\t\u0000\u007f\u00e9\u20AC\uD83D\uDE00"`)
    const read = textOf(json, { start: 0, end: json.length })
    expect(read.toString()).toBe('"\\/\b\f\n\r\t\0\u007fé€😀')
  })

  test('a taken string survives the wiping of its document', () => {
    for (const json of ['{"k":"fake-value-1"}', String.raw`{"k":"fake\u002dvalue\u002d1"}`]) {
      const bytes = Buffer.from(json)
      const result = readJson(bytes)
      if (!('root' in result) || result.root.kind !== 'object') throw new Error('must be read')
      const node = result.root.members.get('k')
      if (node === undefined) throw new Error('must be there')
      const taken = textOf(bytes, node)
      bytes.fill(0)
      expect(taken.toString()).toBe('fake-value-1')
      expect(taken.buffer.byteLength).toBe(taken.length)
    }
  })
})
