/** Gathers what a scanner says, by the names that were given, each place once, and not without end. */
import type { Finding } from '../findings/types.ts'
import { hitFinding, skipFinding, unreadableFinding, type KnownValue } from './scan/findings.ts'
import type { ScanMessage } from './scan/words.ts'

/** Beyond it, credentials and skipped files are only counted. */
const MOST_FINDINGS = 200_000

export class Collected {
  readonly findings: Finding[] = []
  /** Credentials beyond the bound. */
  beyond = 0
  /** Skipped files beyond the bound. */
  unnamed = 0
  readonly #asked: ReadonlyMap<string, string>
  readonly #known: readonly KnownValue[]
  readonly #stores: ReadonlySet<string>
  readonly #most: number
  /** One path may lie below another. */
  readonly #seen = new Set<string>()

  /**
   * @param of `asked`: what was given, by its path without symbolic links; `stores`: files, by the same,
   *   in which values are to lie
   */
  constructor(
    of: {
      asked: ReadonlyMap<string, string>
      known: readonly KnownValue[]
      stores: ReadonlySet<string>
    },
    most = MOST_FINDINGS,
  ) {
    this.#asked = of.asked
    this.#known = of.known
    this.#stores = of.stores
    this.#most = most
  }

  take(message: Extract<ScanMessage, { type: 'hit' | 'skipped' | 'unreadable' }>): void {
    const file = this.shown(message.file)
    if (message.type === 'unreadable') {
      // Never only counted: one of them decides how the command ends. So many more are enough.
      if (this.findings.length < 2 * this.#most) this.#add('unreadable', unreadableFinding(file))
    } else if (message.type === 'hit' && !this.#stores.has(message.file)) {
      if (this.findings.length >= this.#most) this.beyond += 1
      else {
        this.#add(
          `${message.line}:${message.column}`,
          hitFinding({ ...message, file }, this.#known),
        )
      }
    } else {
      const why = message.type === 'hit' ? 'store' : message.why
      if (this.findings.length >= this.#most) this.unnamed += 1
      else this.#add(why, skipFinding({ file, why }))
    }
  }

  #add(what: string, finding: Finding): void {
    const where = `${what} ${finding.places[0]?.file ?? ''}`
    if (this.#seen.has(where)) return
    this.#seen.add(where)
    this.findings.push(finding)
  }

  /** By the name that was given, where that is a symbolic link or leads through one. */
  shown(file: string): string {
    let best = ''
    for (const real of this.#asked.keys()) {
      const isBelow = file === real || file.startsWith(real.endsWith('/') ? real : `${real}/`)
      if (isBelow && real.length > best.length) best = real
    }
    const below = file.slice(best.length).replace(/^\/+/, '')
    const given = this.#asked.get(best) ?? best
    return below === '' ? given : `${given.replace(/\/+$/, '')}/${below}`
  }
}
