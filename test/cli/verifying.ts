/** What the tests of `log verify` have in common. */
import { join } from 'node:path'
import { logVerify, type VerifyOptions } from '../../src/cli/log-verify.ts'
import { entry } from '../audit/home.ts'
import { place, said, signedLog, write, type SignedLog } from '../audit/signed-log.ts'
import { recorded, type Recorded } from './recorded.ts'

export const COUNT = 12
export const log = signedLog({ records: COUNT })
/** The same up to record 4, by the same hand and key. */
export const forged = signedLog({
  records: COUNT,
  say: (seq) => (seq < 5 ? said(seq) : entry({ agent: 'somebody-else' })),
})

/** A home with this log in use. No lock file vouches for it: what is found is found by checkpoints. */
export function at(used: SignedLog, checkpoints: readonly number[] = []): Recorded {
  const io = recorded()
  place(used, io.home, checkpoints)
  return io
}

/** A file that was kept elsewhere. */
export function kept(io: Recorded, text: string): string {
  write(join(io.cwd, 'kept'), text)
  return 'kept'
}

export async function run(io: Recorded, options: VerifyOptions = {}): Promise<number> {
  io.stdout = ''
  io.stderr = ''
  return logVerify(io, options)
}

export async function found(
  io: Recorded,
  options: VerifyOptions = {},
): Promise<Record<string, unknown>> {
  await run(io, { ...options, json: true })
  return JSON.parse(io.stdout)
}

export async function kinds(io: Recorded, options: VerifyOptions = {}): Promise<string[]> {
  const { notes } = await found(io, options)
  return Array.isArray(notes) ? notes.map(({ kind }: { kind: string }) => kind) : []
}
