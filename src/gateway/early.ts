/**
 * The resolver takes as long to boot as we do. Started before anything else is loaded, it is ready when
 * the first sheet is.
 */
import { SecretRefError } from '../errors.ts'
import { Resolver } from './resolver.ts'
import { HAS_PROC } from './surroundings.ts'

let early: Resolver | undefined

/** Where there is no /proc the resolver needs variables handed over, and so cannot start yet. */
export function startEarly(): void {
  if (!HAS_PROC) return
  try {
    early = new Resolver()
  } catch (error) {
    // It is tried again, and told, when there is somebody to tell it.
    if (!(error instanceof SecretRefError)) throw error
  }
}

/**
 * The resolver that was started early, once; afterwards a new one each time.
 *
 * @param names variables that it must be handed where it cannot read them from /proc
 */
export function takeResolver(names: () => readonly string[]): Resolver {
  const taken = early
  early = undefined
  if (taken !== undefined) return taken
  return new Resolver(handedOver(names))
}

/** The variables of ours that a value process is handed: none where it can read them from /proc. */
export function handedOver(names: () => readonly string[]): Record<string, string> {
  const env: Record<string, string> = {}
  if (HAS_PROC) return env
  for (const name of names()) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env
}

/** Lets an early resolver go that no start has taken. */
export function dismissEarly(): void {
  early?.dismiss()
  early = undefined
}
