import { expect, test } from 'vitest'
import { megabytes, scanNotes, scanText } from '../../src/cli/scan-text.ts'
import type { Allowed } from '../../src/findings/allow.ts'
import type { Finding } from '../../src/findings/types.ts'
import type { Scan } from '../../src/gateway/scan/scanner.ts'

const finding = (file: string, line: number, over: Partial<Finding> = {}): Finding => ({
  code: 'credential',
  severity: 'error',
  message: 'a credential that fits a, b',
  hint: 'h',
  places: [{ file, line, column: 2 }],
  targets: ['a', 'b'],
  ...over,
})

const left = (...findings: Finding[]): Allowed => ({
  findings,
  allowed: 0,
  unused: [],
  expired: [],
})
const scan = (over: Partial<Scan> = {}): Scan => ({
  findings: [],
  beyond: 0,
  unnamed: 0,
  files: 3,
  bytes: 1_234_567,
  leftOut: 0,
  searchedAnyway: 0,
  unlisted: 0,
  uncompared: 0,
  notFollowed: 0,
  unmatched: 0,
  links: 0,
  ...over,
})
const skipped = { code: 'skipped', severity: 'note', message: 'skipped: binary' } as const

test('findings by file, below the current folder by their short name, then a line that counts', () => {
  const known: Partial<Finding> = { code: 'known-value', ref: 'my-key' }
  const { targets: _, ...assigned } = finding('/p/a/.env', 10, {
    message: 'a value is assigned to a name that credentials have',
  })
  const findings = left(finding('/p/a/.env', 9), assigned, finding('/q/x', 1, known))
  expect(scanText(scan(), findings, '/p')).toBe(
    [
      'a/.env:9:2   credential  fits a, b',
      'a/.env:10:2  credential  assigned to a name that credentials have',
      '',
      '/q/x:1:2  known-value  the value of my-key, fits a, b',
      '',
      '3 credentials found; 3 files, 1.2 MB searched',
      '',
    ].join('\n'),
  )
})

test('what could not be read is told apart, and is no credential', () => {
  const unreadable = { code: 'unreadable', message: 'this could not be read' } as const
  const { targets: _, ...closed } = finding('/p/x', 1, {
    ...unreadable,
    places: [{ file: '/p/x' }],
  })
  expect(scanText(scan({ files: 1, bytes: 12 }), left(closed), '/p')).toBe(
    'x  unreadable  this could not be read\n\nno credential found; 1 file, 0 kB searched; 1 could not be read\n',
  )
})

test('the rest is counted', () => {
  const text = scanText(scan({ unlisted: 4, beyond: 2 }), left(finding('/p/x', 1)), '/p')
  expect(text).toContain('7 credentials found')
})

test('notes say what was done and what was not', () => {
  const all = {
    leftOut: 3,
    searchedAnyway: 1,
    unlisted: 4,
    beyond: 2,
    uncompared: 5,
    unnamed: 7,
    notFollowed: 1,
    unmatched: 2,
  }
  const findings = left(finding('/p/x', 1, skipped), finding('/p/y', 1, skipped))
  expect(scanNotes(scan(all), { ...findings, allowed: 6 })).toEqual([
    '2 files skipped: binary (--json names them)',
    '7 more files skipped, and not named',
    'left out by .gitignore, or as .git or node_modules: 3 files and folders; --all searches them too',
    'searched although git ignores it: 1 file of a kind in which agents keep credentials',
    'not listed one by one: 6 more',
    'not wholly compared with the values that agents have received: 5 files; search fewer at once',
    'not followed, so that more was searched: 1 .gitignore file of another user, or too large',
    'patterns of .gitignore took too long in 2 folders; what they had not left out by then was searched',
    'allowed by the allow-list: 6',
  ])
  expect(scanNotes(scan(), left())).toEqual([])
})

test.each([
  [0, '0 kB'],
  [49, '0 kB'],
  [50, '0.1 kB'],
  [99_999, '100.0 kB'],
  [100_000, '0.1 MB'],
  [12_345_678, '12.3 MB'],
])('%d bytes are %s', (bytes, text) => {
  expect(megabytes(bytes)).toBe(text)
})
