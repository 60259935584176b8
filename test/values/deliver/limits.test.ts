import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  environmentBudget,
  MAX_FILE_BYTES,
  refusal,
  stringCost,
} from '../../../src/values/deliver/limits.ts'
import { MAX_VARIABLE_BYTES } from '../../../src/values/deliver/script.ts'
import { loudly } from '../loud.ts'

const bytes = (length: number): Buffer => Buffer.alloc(length, 'v')

describe('a value that cannot be delivered', () => {
  test.each(['env', 'file', 'none'] as const)('empty, by %s', (delivery) => {
    const refused = { code: 'SECRET_EMPTY', reason: 'empty' }
    expect(refusal('KEY', Buffer.alloc(0), delivery)).toEqual(refused)
  })

  test.each([0, 1, 2])('with a NUL at %d, by env; by file it can', (at) => {
    const value = bytes(3).fill(0, at, at + 1)
    expect(refusal('KEY', value, 'env')).toEqual({ code: 'SECRET_UNDELIVERABLE', reason: 'nul' })
    expect(refusal('KEY', value, 'file')).toBeUndefined()
  })

  test('larger than one variable may be, its name and = included', () => {
    const room = MAX_VARIABLE_BYTES - 'KEY='.length
    expect(refusal('KEY', bytes(room), 'env')).toBeUndefined()
    const refused = { code: 'SECRET_TOO_LARGE', reason: 'too-large-for-env' }
    expect(refusal('KEY', bytes(room + 1), 'env')).toEqual(refused)
    expect(refusal('KEYS', bytes(room), 'env')).toEqual(refused)
    expect(refusal('KEY', bytes(room + 1), 'file')).toBeUndefined()
  })

  test('larger than a file may be', () => {
    expect(refusal('KEY', bytes(MAX_FILE_BYTES), 'file')).toBeUndefined()
    const refused = { code: 'SECRET_TOO_LARGE', reason: 'too-large' }
    expect(refusal('KEY', bytes(MAX_FILE_BYTES + 1), 'file')).toEqual(refused)
    expect(refusal('KEY', bytes(MAX_FILE_BYTES + 1), 'none')).toEqual(refused)
  })
})

/** Whether `execve` takes this many bytes of environment, in strings of `each` bytes. */
function kernelTakes(cost: number, each: number): boolean {
  const env: Record<string, string> = {}
  for (let left = cost, i = 0; left > 0; i++) {
    const name = `V${i}`
    const length = Math.min(each, left) - stringCost(name.length + 1)
    if (length > 0) env[name] = 'v'.repeat(length)
    left -= each
  }
  const { error } = spawnSync('/bin/true', [], { env })
  return error === undefined
}

test.each([100_000, 1000, 40])(
  'the budget is what the kernel takes, in strings of %d bytes',
  (each) => {
    if (process.platform !== 'linux') return loudly('environment budget', 'not Linux')
    const budget = environmentBudget()
    expect(kernelTakes(budget, each)).toBe(true)
    // What is spared for a shell and the auxiliary vector is not much more than that.
    expect(kernelTakes(budget + 24 * 1024, each)).toBe(false)
  },
)
