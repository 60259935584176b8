/** What a ref's `rotate` says, read from a config that fits the schema. Pure. */
import { millisecondsOf } from '../config/names.ts'
import type { Rule } from './due.ts'
import { parseWindow } from './window.ts'

export interface Rotate extends Rule {
  /** As written; where it is left out, its service decides. */
  driver?: string
  /** What is written beside it for the driver alone. */
  options: Readonly<Record<string, unknown>>
  /** Milliseconds. */
  grace?: number
  /** The ref of the credential by which the driver acts. */
  admin?: string
}

type Written = Readonly<Record<string, unknown>>

const OURS: ReadonlySet<string> = new Set(['driver', 'before', 'every', 'window', 'grace', 'admin'])

export function rotateOf(written: Written): Rotate {
  const { driver, window: text } = written
  const admin = adminOf(written)
  const window = typeof text === 'string' ? parseWindow(text) : undefined
  const durations = (['before', 'every', 'grace'] as const).flatMap((name) => {
    const duration = written[name]
    return typeof duration === 'string' ? [[name, millisecondsOf(duration)] as const] : []
  })
  return {
    ...(typeof driver === 'string' ? { driver } : {}),
    options: Object.fromEntries(Object.entries(written).filter(([name]) => !OURS.has(name))),
    ...Object.fromEntries(durations),
    ...(window === undefined ? {} : { window }),
    ...(admin === undefined ? {} : { admin }),
  }
}

/** The ref under `admin`. */
export function adminOf({ admin }: Written): string | undefined {
  if (typeof admin !== 'object' || admin === null || !('secretRef' in admin)) return undefined
  return typeof admin.secretRef === 'string' ? admin.secretRef : undefined
}
