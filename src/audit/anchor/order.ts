/**
 * What control and the publisher say to each other. control → publisher (its stdin): the order, as JSON,
 * to the end of file. publisher → control (its stdout): one line for each anchor, as soon as it is done.
 */
import type { Anchor } from './parse.ts'

export interface Order {
  anchors: readonly Anchor[]
  note: string
  /** The folder of the log, which no file anchor may lie in. */
  home: string
  /** For each anchor. */
  timeoutMs: number
}

/** The anchor's index, and why it failed. */
export type Answer = readonly [number, string]

/** In place of a cause. */
export const DONE = ''
