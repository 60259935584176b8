import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseScanMessage } from '../../../src/gateway/scan/message.ts'

const asked = { paths: ['/home/u/project', '/etc/file'], known: ['f'] }
const fingerprint = `hmac-sha256:${'ab'.repeat(16)}`
const file = '/home/u/project/.env'
const hit = {
  type: 'hit',
  file,
  kind: 'pattern',
  line: 1,
  column: 2,
  ids: ['stripe'],
  known: [],
  fingerprint,
}
const end = {
  type: 'end',
  files: 1,
  bytes: 2,
  leftOut: 0,
  searchedAnyway: 0,
  unlisted: 0,
  uncompared: 0,
  notFollowed: 0,
  unmatched: 0,
  links: 0,
}
const parse = (message: object): unknown => parseScanMessage(JSON.stringify(message), asked)

test.each([
  hit,
  { ...hit, kind: 'known', ids: [], known: [0] },
  { ...hit, kind: 'assigned', ids: [] },
  { type: 'skipped', file, why: 'binary' },
  { type: 'unreadable', file },
  { type: 'unreadable', file: '/etc/file' },
  { type: 'at', file, files: 3, bytes: 4 },
  end,
  { type: 'failed', code: 'FILE_INSECURE' },
])('%j crosses', (message) => {
  expect(parse(message)).toEqual(message)
})

describe('what does not have its form does not', () => {
  test.each([
    ['a path elsewhere', { ...hit, file: '/home/u/other' }],
    ['a path beside', { ...hit, file: '/home/u/projects/x' }],
    ['a path below a file', { ...hit, file: '/etc/file2' }],
    ['a path that climbs', { ...hit, file: '/home/u/project/../other' }],
    ['a path with a NUL', { ...hit, file: '/home/u/project/a\0b' }],
    ['a path without an end', { ...hit, file: `/home/u/project/${'a'.repeat(9000)}` }],
    ['no path', { ...hit, file: undefined }],
    ['an id that is not known', { ...hit, ids: ['q7Rk2mZx9TfW4bLp'] }],
    ['an id that is none', { ...hit, ids: [1] }],
    ['ids without end', { ...hit, ids: Array.from({ length: 100 }, () => 'stripe') }],
    ['a kind that is not known', { ...hit, kind: 'x' }],
    ['line 0', { ...hit, line: 0 }],
    ['a column that is a text', { ...hit, column: '1' }],
    ['half a line', { ...hit, line: 1.5 }],
    ['a fingerprint that is none', { ...hit, fingerprint: 'q7Rk2mZx9TfW4bLp' }],
    ['a known value that nobody asked for', { ...hit, kind: 'known', known: [1] }],
    ['a known value that none is', { ...hit, kind: 'known' }],
    ['a reason of its own', { type: 'skipped', file, why: 'because' }],
    ['a count that is missing', { ...end, files: undefined }],
    ['a count below zero', { ...end, bytes: -1 }],
    ['a code of its own', { type: 'failed', code: 'X' }],
    ['another type', { type: 'value', file }],
    ['no type', { file }],
  ])('%s', (_, message) => {
    expect(parse(message)).toBeUndefined()
  })

  test.each(['', '{', 'null', '[]', '"x"'])('%j', (line) => {
    expect(parseScanMessage(line, asked)).toBeUndefined()
  })
})

test('fields beyond those do not cross', () => {
  expect(parse({ ...hit, value: 'v', message: 'v' })).toEqual(hit)
})

test('nothing crosses that is not on a list, whatever is sent', () => {
  const marker = 'q7Rk2mZx9TfW4bLp'
  const field = fc.constantFrom(marker, [marker], 1, null, { a: marker })
  const message = fc.record(
    {
      file: fc.constantFrom(file, field),
      kind: field,
      ids: field,
      known: field,
      why: field,
      code: field,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.constantFrom(hit, end, { type: 'skipped', file }), message, (base, over) => {
      expect(JSON.stringify(parse({ ...base, ...over })) ?? '').not.toContain(marker)
    }),
    { numRuns: 300 },
  )
})
