/** An I/O error where nothing is free is a full disk; where something is, it is what it says. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asFailure } from '../../src/audit/failures.ts'
import { isFull, unavailable } from '../../src/state/failures.ts'
import { isDiskFull } from '../../src/state/full.ts'
import { skipLoudly } from '../values/loud.ts'
import { tempHome } from './folder.ts'

/** As `node:sqlite` throws it, for a file whose -shm could not be made: SQLITE_IOERR_SHMSIZE. */
const ioError = Object.assign(new Error('disk I/O error'), {
  code: 'ERR_SQLITE_ERROR',
  errcode: 10 | (19 << 8),
})
/** The kernel says of it that none of its blocks is free. */
const NOTHING_FREE = '/proc/self/some.db'

describe('an I/O error', () => {
  test('where nothing is free: the disk is full, of the state and of the log', (context) => {
    if (!existsSync('/proc/self')) skipLoudly(context, 'a full disk', 'there is no /proc')
    expect(isDiskFull(NOTHING_FREE)).toBe(true)
    const error = unavailable(NOTHING_FREE, 'could not be read', ioError)
    expect(error.message).toBe(`${NOTHING_FREE} could not be read: the disk is full`)
    expect(isFull(error, NOTHING_FREE)).toBe(true)
    expect(asFailure(ioError, NOTHING_FREE).message).toBe(
      'the audit log cannot be used: the disk is full',
    )
  })

  test('elsewhere: that, with where the kernel says more', () => {
    const path = join(tempHome().dir, '..', 'some.db')
    expect(isDiskFull(path)).toBe(false)
    const error = unavailable(path, 'could not be read', ioError)
    expect(error).toMatchObject({
      message: `${path} could not be read: the disk answered with an I/O error`,
      hint: 'check the disk and the kernel log',
    })
    expect(isFull(error, path)).toBe(false)
    expect(asFailure(ioError, path).message).toContain('an I/O error')
  })

  test('in a folder that is not there, nobody can tell', () => {
    expect(isDiskFull(join(tempHome().dir, 'none', 'some.db'))).toBe(false)
  })
})
