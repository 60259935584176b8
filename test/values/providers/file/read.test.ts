import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../src/values/providers/file/read.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: fake-value-1`), { code })
}

describe('what a system error means', () => {
  test.each([
    ['ENOENT', 'absent', 'no-such-file'],
    ['ENOTDIR', 'absent', 'no-such-file'],
    ['ELOOP', 'denied', 'symlink'],
    ['ENXIO', 'denied', 'not-a-regular-file'],
    ['EACCES', 'denied', 'not-permitted'],
    ['EPERM', 'denied', 'not-permitted'],
    ['EROFS', 'denied', 'not-permitted'],
    ['ENAMETOOLONG', 'malformed', 'bad-name'],
    // Only what is no answer lets a chain go on.
    ['EIO', 'unavailable', 'io'],
    ['ESTALE', 'unavailable', 'io'],
    ['EMFILE', 'unavailable', 'io'],
    ['ENOSPC', 'unavailable', 'disk-full'],
  ])('%s: %s', (code, kind, reason) => {
    const failure = failureOf(systemError(code), '/fake')
    expect(failure).toMatchObject({ kind, reason, place: '/fake' })
    expect(JSON.stringify(failure)).not.toContain('fake-value-1')
  })
})
