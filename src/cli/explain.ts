/** `secretref why`: loads what the explanation is about. */
import type { Io } from './io.ts'
import { openConfig } from './open.ts'
import { why, type WhyOptions } from './why.ts'

export async function explain(
  io: Io,
  options: Omit<WhyOptions, 'loaded'> & { config?: string },
): Promise<number> {
  return why(io, { ...options, loaded: await openConfig(io, options, { trusted: false }) })
}
