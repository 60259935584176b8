/** One re-read of what a run holds: a resolver of its own, which may then be told to replace files. */
import { availableParallelism } from 'node:os'
import type { Plan } from '../../plan/types.ts'
import type { Fetched } from '../../policy/fetched.ts'
import { answersOf } from '../answers.ts'
import { takeResolver } from '../early.ts'
import type { Gateway } from '../gateway.ts'
import { makeSheet } from '../make-sheet.ts'
import type { Delivery, Resolver } from '../resolver.ts'
import { Turns } from '../turns.ts'
import type { Received } from './held.ts'

/** Each is a process of tens of megabytes, and a thousand agents may be due in the same second. */
const turns = new Turns(Math.max(2, availableParallelism()))
/** Files of at most a mebibyte each, into memory: who takes longer is stopped, or hangs on a disk. */
const REWRITE_MS = 5000

export interface Look {
  /** One for each that was asked for, in order. */
  answers: readonly Fetched[]
  /** Replaces the files of these, by their place in what was asked for. */
  rewrite: (positions: readonly number[]) => Promise<Delivery>
}

/**
 * Asks for all of `asked` once more, and hands over what came while the values are still held.
 *
 * @throws what `answersOf` throws; what `use` throws
 */
export function look<T>(
  gateway: Gateway,
  { run, plan, signal }: { run: string; plan: Plan; signal: AbortSignal },
  asked: readonly Received[],
  use: (seen: Look) => Promise<T>,
): Promise<T> {
  return turns.run(async () => {
    signal.throwIfAborted()
    const resolver = takeResolver(() => Object.keys(gateway.env))
    try {
      // Nothing is launched: what is released goes into files.
      resolver.pipe.destroy()
      const bindings = asked.map(({ binding }) => binding)
      const sheet = makeSheet(gateway, { run, plan, command: [], inherit: [] }, bindings, '')
      const items = sheet.items.map((item, i) => {
        const file = asked[i]?.file
        // A variable of a process that runs cannot be replaced; its value is held to its limits all the same.
        return file === undefined ? item : { ...item, file }
      })
      const own = { ...sheet, items, rewrite: true } as const
      resolver.send(own)
      const answers = await answersOf(gateway, resolver, own, signal)
      return await use({ answers, rewrite: (positions) => rewritten(resolver, positions) })
    } finally {
      resolver.abort()
    }
  })
}

async function rewritten(resolver: Resolver, positions: readonly number[]): Promise<Delivery> {
  resolver.release(positions)
  const timer = setTimeout(() => resolver.kill(), REWRITE_MS)
  try {
    return await resolver.ended()
  } finally {
    clearTimeout(timer)
  }
}
