/** A tree that grows, held against signed checkpoints of it. Pure. */
import { rootOf, type Range } from './merkle.ts'
import type { Vouched } from './vouched.ts'

/** Of checkpoints by unknown keys that do not fit, so many are kept. */
const MAX_DISPUTED = 10

export class Comparison {
  #checkpoints: readonly Vouched[]
  #next = 0
  #signedElsewhere = 0
  /** Up to which record a known key has vouched for what is there. */
  signed = 0
  /** Checkpoints that the tree agrees with. */
  agreed = 0
  /** Up to which record one that was kept elsewhere is what the log says. */
  elsewhere = 0
  /** Kept elsewhere, beside some of this log: of other logs, to be checked with those. */
  foreign = 0
  /** Of these, by a key that nobody knows: this log may have taken the place of that one. */
  strange = 0
  /** By an unknown key, and not what the log says. */
  readonly disputed: Vouched[] = []
  /** Of records that are not read, so that nothing can be said. */
  readonly skipped: number

  /** @param start records that are not read; the tree is known from there on, or `tree` is false */
  constructor(checkpoints: readonly Vouched[], start: number, tree: boolean) {
    const sorted = checkpoints.toSorted((one, other) => one.size - other.size)
    this.#checkpoints = tree ? sorted.filter(({ size }) => size >= start) : []
    this.skipped = sorted.length - this.#checkpoints.length
  }

  /**
   * To be asked first: a checkpoint by a known key that is of another log.
   *
   * @param follows true where the log was archived, or says that it follows one that was, or may have
   *   said so: an anchor goes on then, and has checkpoints of both
   */
  ofAnotherLog(origin: string, follows: boolean): Vouched | undefined {
    const ours = this.#checkpoints.filter((checkpoint) => checkpoint.origin === origin)
    // Anybody who can append to a file can put one of this log there by a key of his own.
    const nobody = !this.#checkpoints.some(({ known }) => known)
    const kept = ours.some(({ elsewhere, known }) => elsewhere && (known || nobody))
    const wrong: Vouched[] = []
    for (const checkpoint of this.#checkpoints) {
      const { known } = checkpoint
      if (checkpoint.origin === origin) continue
      // By an unknown key: an anchor may be that of several machines.
      if (kept && checkpoint.elsewhere && (follows || !known)) {
        this.foreign += 1
        if (!known) this.strange += 1
      } else wrong.push(checkpoint)
    }
    this.#checkpoints = ours
    this.#dispute(wrong.filter(({ known }) => !known))
    return wrong.find(({ known }) => known)
  }

  /** To be asked at every size, in order: a checkpoint by a known key that has another root. */
  at(tree: Range): Vouched | undefined {
    let found: Vouched | undefined
    let root: string | undefined
    for (; this.#checkpoints[this.#next]?.size === tree.size; this.#next++) {
      const checkpoint = this.#checkpoints[this.#next]
      if (checkpoint === undefined) break
      root ??= rootOf(tree)
      if (checkpoint.root !== root) {
        if (checkpoint.known) found ??= checkpoint
        else this.#dispute([checkpoint])
        continue
      }
      this.agreed += 1
      if (checkpoint.known) this.signed = tree.size
      if (checkpoint.elsewhere) this.elsewhere = tree.size
      if (checkpoint.known && checkpoint.elsewhere) this.#signedElsewhere = tree.size
    }
    return found
  }

  /**
   * How many records at the beginning are those that this checkpoint is of too. Where it was kept
   * elsewhere, the log's own list has no say: whoever rewrote the log may have signed that anew.
   */
  before({ elsewhere }: Vouched): number {
    return elsewhere ? this.#signedElsewhere : this.signed
  }

  /** A checkpoint by a known key of so many records, if it is still to come. */
  comes(size: number): Vouched | undefined {
    const rest = this.#checkpoints.slice(this.#next)
    return rest.find((checkpoint) => checkpoint.known && checkpoint.size === size)
  }

  /** Once the log has ended: the first checkpoint by a known key that is of more records than it has. */
  beyond(records: number): Vouched | undefined {
    const rest = this.#checkpoints.slice(this.#next).filter(({ size }) => size > records)
    this.#dispute(rest.filter(({ known }) => !known))
    return rest.find(({ known }) => known)
  }

  #dispute(checkpoints: readonly Vouched[]): void {
    for (const checkpoint of checkpoints) {
      if (this.disputed.length < MAX_DISPUTED && !this.disputed.includes(checkpoint)) {
        this.disputed.push(checkpoint)
      }
    }
  }
}
