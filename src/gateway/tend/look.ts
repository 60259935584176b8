/** One re-read of what a run holds: a resolver of its own, which may then be told to replace files. */
import { availableParallelism } from 'node:os'
import type { Fetched } from '../../policy/fetched.ts'
import { answersOf } from '../answers.ts'
import { takeResolver } from '../early.ts'
import type { Gateway } from '../gateway.ts'
import { requireHeld, RunLeases } from '../lease/run-leases.ts'
import { makeSheet } from '../make-sheet.ts'
import type { Delivery, Resolver } from '../resolver.ts'
import { Turns } from '../turns.ts'
import type { Received, TendedRun } from './held.ts'

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
  { run, plan, signal, leases }: Pick<TendedRun, 'run' | 'plan' | 'signal' | 'leases'>,
  asked: readonly Received[],
  use: (seen: Look) => Promise<T>,
): Promise<T> {
  return turns.run(async () => {
    signal.throwIfAborted()
    const resolver = takeResolver(() => Object.keys(gateway.env))
    let issued: RunLeases | undefined
    try {
      // Nothing is launched: what is released goes into files.
      resolver.pipe.destroy()
      const bindings = asked.map(({ binding }) => binding)
      const about = { run, plan, command: [], inherit: [] }
      const sheet = makeSheet(gateway, about, bindings, '')
      const items = sheet.items.map((item, i) => {
        const file = asked[i]?.file
        // A variable of a process that runs cannot be replaced; its value is held to its limits all the same.
        return file === undefined ? item : { ...item, file }
      })
      const own = { ...sheet, items, rewrite: true } as const
      resolver.send(own)
      let answers: readonly Fetched[]
      try {
        answers = await answersOf(gateway, resolver, own, signal)
      } catch (error) {
        resolver.abort()
        // All that was issued by then is on disk when it has ended.
        await resolver.ended()
        issued = new RunLeases(gateway, about, bindings, own)
        throw error
      }
      const looked = (issued = new RunLeases(gateway, about, bindings, own))
      await requireHeld(looked)
      await gateway.record(looked.issued())
      const rewrite = async (positions: readonly number[]): Promise<Delivery> => {
        const delivery = await rewritten(resolver, positions)
        if (delivery.delivered) leases.take(looked, new Set(positions))
        return delivery
      }
      return await use({ answers, rewrite })
    } finally {
      resolver.abort()
      // What the agent has not received is nobody's.
      await issued?.release()
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
