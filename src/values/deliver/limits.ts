/** What a value must be like to arrive exactly as it is; checked before anything is released. */
import { readFileSync } from 'node:fs'
import type { Code } from '../../errors.ts'
import type { Reason } from '../providers/contract.ts'
import { MAX_VARIABLE_BYTES } from './script.ts'

export const MAX_FILE_BYTES = 1024 * 1024

export interface Refusal {
  code: Code
  reason: Reason
}

/** Why `value` cannot be delivered as `name` in this way, or `undefined` where it can. */
export function refusal(
  name: string,
  value: Buffer,
  delivery: 'env' | 'file' | 'none',
): Refusal | undefined {
  if (value.length === 0) return { code: 'SECRET_EMPTY', reason: 'empty' }
  if (delivery === 'env') {
    if (value.includes(0)) return { code: 'SECRET_UNDELIVERABLE', reason: 'nul' }
    if (name.length + 1 + value.length > MAX_VARIABLE_BYTES) {
      return { code: 'SECRET_TOO_LARGE', reason: 'too-large-for-env' }
    }
  }
  if (value.length > MAX_FILE_BYTES) return { code: 'SECRET_TOO_LARGE', reason: 'too-large' }
  return undefined
}

const KIB = 1024
/** Left for the auxiliary vector, the file name and what a shell adds (PWD, SHLVL, `_`). */
const SPARE = 8 * KIB

/**
 * How many bytes `execve` takes for arguments and environment together: a quarter of the stack limit,
 * at least 128 KiB and at most 6 MiB (Linux, fs/exec.c `bprm_stack_limits`). Each string costs its
 * bytes, its NUL and a pointer.
 */
export function environmentBudget(): number {
  return Math.min(Math.max(stackLimit() / 4, 128 * KIB), 6 * KIB * KIB) - SPARE
}

export function stringCost(bytes: number): number {
  return bytes + 1 + 8
}

function stackLimit(): number {
  const fallback = 8 * KIB * KIB
  if (process.platform !== 'linux') return fallback
  const line = /^Max stack size\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
  if (line === null) return fallback
  return line[1] === 'unlimited' ? Infinity : Number(line[1])
}
