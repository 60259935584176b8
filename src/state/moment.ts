/**
 * Points in time between which it can be told how much time has passed, also where somebody has set the
 * clock meanwhile, and by another process: the clock of the system since it was started (clock_gettime(2),
 * CLOCK_MONOTONIC), together with which start that was. It stands still while the machine sleeps.
 */
import { readFileSync, readlinkSync } from 'node:fs'

export interface Moment {
  /** What the clock on the wall said. */
  at: Date
  /** Which start of the system; absent where it does not tell that. */
  boot?: string
  /** Milliseconds since then. */
  up?: number
}

export function momentAt(at: Date): Moment {
  const boot = bootId()
  if (boot === undefined) return { at }
  return { at, boot, up: Math.round(Number(process.hrtime.bigint() / 1_000_000n)) }
}

/**
 * Milliseconds; negative where `to` came first. By the clock on the wall where the system was started anew
 * between the two, or does not tell: that may have been set meanwhile.
 */
export function elapsedMs(from: Moment, to: Moment): number {
  if (from.up !== undefined && to.up !== undefined && from.boot === to.boot) return to.up - from.up
  return to.at.getTime() - from.at.getTime()
}

let known: { id: string | undefined } | undefined

function bootId(): string | undefined {
  known ??= { id: readBootId() }
  return known.id
}

function readBootId(): string | undefined {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    // Each time namespace has a clock of its own (time_namespaces(7)).
    const [, clock = ''] = /^time:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/time')) ?? []
    return /^[0-9a-f-]{36}$/.test(id) ? `${id}.${clock}` : undefined
  } catch {
    // No Linux, an old one, or hidden: the clock on the wall has to do.
    return undefined
  }
}
