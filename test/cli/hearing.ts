/** A terminal of a test's own at a home, which keeps what is said to it. */
import type { Io } from '../../src/cli/io.ts'
import type { Home } from '../../src/state/home.ts'

export interface Hearing extends Io {
  stdout: string
  stderr: string
}

/** @param columns of the terminal; left out: a pipe */
export function hearing(home: Home, columns?: number): Hearing {
  const io: Hearing = {
    program: 'secretref',
    env: {},
    cwd: '/',
    home,
    signs: true,
    columns,
    stdout: '',
    stderr: '',
    now: () => new Date('2026-11-24T12:00:00.000Z'),
    out: (text) => void (io.stdout += text),
    err: (text) => void (io.stderr += text),
  }
  return io
}
