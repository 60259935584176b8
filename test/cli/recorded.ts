import { join } from 'node:path'
import type { Io } from '../../src/cli/io.ts'
import { homeOf } from '../../src/state/home.ts'
import { NOW, scratch, writeConfig } from '../config/helpers.ts'

/** What a command printed. */
export interface Recorded extends Io {
  stdout: string
  stderr: string
}

/** A terminal in a folder of its own, with this config in it. */
export function recorded(text?: string): Recorded {
  const cwd = scratch()
  if (text !== undefined) writeConfig(cwd, text)
  const env = { HOME: '/home/me', SECRETREF_HOME: join(scratch(), 'home') }
  const io: Recorded = {
    program: 'secretref',
    env,
    cwd,
    home: homeOf(env),
    signs: false,
    stdout: '',
    stderr: '',
    now: () => NOW,
    out: (written) => void (io.stdout += written),
    err: (written) => void (io.stderr += written),
  }
  return io
}
