import { describe, expect, test } from 'vitest'
import { Collected } from '../../../src/gateway/scan-collected.ts'

const fingerprint = `hmac-sha256:${'ab'.repeat(16)}`
const hit = (file: string, line = 1) =>
  ({
    type: 'hit',
    file,
    kind: 'pattern',
    line,
    column: 1,
    ids: ['stripe'],
    known: [],
    fingerprint,
  }) as const
const collected = (asked: Record<string, string>, most?: number): Collected =>
  new Collected(
    { asked: new Map(Object.entries(asked)), known: [], stores: new Set(['/r/store']) },
    most,
  )

describe('a file is named as it was asked for', () => {
  test.each([
    [{ '/r': '/r' }, '/r/a/b', '/r/a/b'],
    [{ '/r': '/link' }, '/r/a', '/link/a'],
    [{ '/r': '/link/' }, '/r/a', '/link/a'],
    [{ '/r/a': '/x' }, '/r/a', '/x'],
    [{ '/r': '/r', '/r/a': '/x' }, '/r/a/b', '/x/b'],
    [{ '/': '/' }, '/etc/x', '/etc/x'],
    [{ '/': '/' }, '//etc/x', '/etc/x'],
  ])('%j: %s is %s', (asked, file, shown) => {
    expect(collected(asked).shown(file)).toBe(shown)
  })
})

test('a place is told of once', () => {
  const found = collected({ '/r': '/r' })
  for (let i = 0; i < 2; i++) {
    found.take(hit('/r/a'))
    found.take(hit('/r/a', 2))
    found.take({ type: 'skipped', file: '/r/b', why: 'binary' })
    found.take({ type: 'unreadable', file: '/r/c' })
    found.take(hit('/r/store', i + 1))
  }
  expect(found.findings.map(({ code, message }) => [code, message])).toEqual([
    ['credential', 'a credential that fits stripe'],
    ['credential', 'a credential that fits stripe'],
    ['skipped', 'skipped: binary'],
    ['unreadable', 'this could not be read'],
    ['skipped', 'skipped: the store or a key of this installation, where values are to lie'],
  ])
})

test('beyond the bound the rest is counted, and what could not be read is still told', () => {
  const found = collected({ '/r': '/r' }, 3)
  for (let i = 0; i < 5; i++) found.take(hit(`/r/${i}`))
  for (let i = 0; i < 4; i++) found.take({ type: 'skipped', file: `/r/s${i}`, why: 'huge' })
  for (let i = 0; i < 9; i++) found.take({ type: 'unreadable', file: `/r/u${i}` })
  expect(found).toMatchObject({ beyond: 2, unnamed: 4 })
  expect(found.findings.map(({ code }) => code)).toEqual(
    'credential credential credential unreadable unreadable unreadable'.split(' '),
  )
})
