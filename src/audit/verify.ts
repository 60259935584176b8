/**
 * Is the log whole? Needs nothing but its lines. The acknowledged head also finds a cut at the end and a
 * chain that was computed anew; signed checkpoints find both wherever they were kept, and say between
 * which two of them the log was rewritten. Reads in flat memory and changes nothing.
 *
 * What somebody does to records that nothing outside of the log vouches for, no check can find.
 */
import { START, type Start } from './across.ts'
import type { Head } from './chain.ts'
import { Comparison } from './comparison.ts'
import { leafHash, NO_PREV, originOf } from './hash.ts'
import { appendLeaf, isHash, rootOf, type Range } from './merkle.ts'
import { parseRecord, type Line } from './read.ts'
import type { AuditRecord } from './record.ts'
import { continuedOf } from './segments.ts'
import { MAX_LINE } from './serialise.ts'
import type { Vouched } from './vouched.ts'

export type Damage =
  | 'not-a-record'
  | 'out-of-sequence'
  | 'changed'
  /** It was acknowledged, and the log ends before it. */
  | 'missing'
  /** It was signed, and the log ends before it. */
  | 'cut'
  /** Something from `seq` to `to` is not what was signed. */
  | 'not-signed'
  /** A checkpoint is of a log that begins with another record. */
  | 'other-log'
  /** A segment says of the records before it what they are not. */
  | 'misstated'

export interface Bad {
  seq: number
  /** Where only checkpoints can tell: the first bad record is one from `seq` to this one. */
  to?: number
  damage: Damage
}

export interface Verdict {
  /** The first record that was looked at. */
  first: number
  /** Records that follow each other without a break, from the first. */
  records: number
  /** The last of them. */
  last?: { seq: number; hash: string; time: string }
  /** Of all records up to the last; absent where the reading began in the middle of a segment. */
  tree?: { origin: string; root: string }
  /** The first record that is not what was written; in a whole log its place is line `seq`. */
  bad?: Bad
  /** Up to which record the acknowledged head vouches; absent where no head is known. */
  acknowledged?: number
  checkpoints: Pick<
    Comparison,
    'signed' | 'agreed' | 'elsewhere' | 'foreign' | 'strange' | 'skipped' | 'disputed'
  >
  /** Bytes behind the last newline: a writer at work, or one that died. Recovered at the next append. */
  torn: number
  /** Records whose time lies before the time of the record ahead of them; a clock was set back. */
  timeGoesBack: readonly number[]
  /** What the log says of itself, but for the `log.opened` that every log begins with: the first ones. */
  marks: readonly Mark[]
  /** How many more of them there are; absent where there are none. */
  moreMarks?: number
  /** The last record that says that the lock file was made anew. */
  lockMade?: number
}

/** Only what is told of such a record: it may be as long as a line can be. */
export interface Mark {
  seq: number
  event: string
  detail: {
    bytes?: number
    checkpoint?: number
    file?: string
    size?: number
    seq?: number
    acknowledged?: number
  }
}

export interface Scope {
  /** Read before the lines, as the head is. */
  checkpoints?: readonly Vouched[]
  /** What the lines begin with; left out: the first record of the log. */
  start?: Start
  /** True for a log that is not the one in use: its anchor may have gone on with another. */
  aside?: boolean
}

const MAX_TIMES = 10
const MAX_MARKS = 10
/** Of a text that is told; a name of ours is shorter. */
const MAX_TEXT = 255

interface Link {
  seq: number
  hash: string
  record: AuditRecord
}

/** `head`: the acknowledged one, read before the lines, or undefined where none is known. */
export function verifyChain(
  lines: Iterable<Line>,
  head: Head | undefined,
  scope: Scope = {},
): Verdict {
  const verification = new Verification(head, scope)
  for (const line of lines) {
    const bad = verification.add(line)
    if (bad !== undefined) return verification.verdict(bad)
  }
  return verification.verdict(verification.end())
}

class Verification {
  readonly #start: Start
  readonly #aside: boolean
  readonly #head: Head | undefined
  readonly #comparison: Comparison
  readonly #timeGoesBack: number[] = []
  readonly #marks: Mark[] = []
  #moreMarks = 0
  #lockMade: number | undefined
  #last: Link | undefined
  #origin: string | undefined
  /** The tree up to and with the last record, and without it. */
  #tree: Range | undefined
  #before: Range | undefined
  #torn: Line | undefined
  /** Set while it is open whether this record or the one before it was changed. */
  #doubtful: Link | undefined
  /** Set while it is open whether the last record alone is not what was signed. */
  #unsigned: Vouched | undefined

  constructor(head: Head | undefined, { checkpoints = [], start = START, aside = false }: Scope) {
    this.#start = start
    this.#aside = aside
    this.#head = head
    this.#tree = start.range
    this.#comparison = new Comparison(checkpoints, start.seq, start.range !== undefined)
  }

  add(line: Line): Bad | undefined {
    const seq = line.number
    // The last line of a segment that others follow.
    if (this.#torn !== undefined) return { seq: this.#torn.number, damage: 'not-a-record' }
    if (!line.whole) {
      this.#torn = line
      return line.bytes.length > MAX_LINE ? { seq, damage: 'not-a-record' } : undefined
    }
    const record = parseRecord(line.bytes)
    const link = record && { seq, hash: leafHash(line.bytes), record }
    if (this.#unsigned !== undefined)
      return this.#rewritten(this.#unsigned, this.#before, record?.prev)
    if (this.#doubtful !== undefined) {
      const intact = record?.prev === this.#doubtful.hash
      return { seq: this.#doubtful.seq - (intact ? 1 : 0), damage: 'changed' }
    }
    if (link === undefined) return { seq, damage: 'not-a-record' }
    if (link.record.seq !== seq) return { seq, damage: 'out-of-sequence' }
    if (!this.#follows(link)) {
      if (seq === 1) return { seq, damage: 'changed' }
      this.#doubtful = link
      return undefined
    }
    return this.#take(link)
  }

  end(): Bad | undefined {
    const head = this.#head
    if (this.#unsigned !== undefined) {
      const named = head?.seq === this.#unsigned.size ? head.hash : undefined
      return this.#rewritten(this.#unsigned, this.#before, named)
    }
    if (this.#doubtful !== undefined) return this.#lastOrBefore(this.#doubtful)
    const records = this.#last?.seq ?? this.#start.seq
    if (head !== undefined && records < head.seq) return { seq: records + 1, damage: 'missing' }
    const beyond = this.#comparison.beyond(records)
    return beyond && { seq: records + 1, damage: 'cut' }
  }

  verdict(bad: Bad | undefined): Verdict {
    const { signed, agreed, elsewhere, foreign, strange, skipped, disputed } = this.#comparison
    const last = bad === undefined ? this.#last : undefined
    const first = this.#start.seq + 1
    const through = bad === undefined ? (this.#last?.seq ?? this.#start.seq) : bad.seq - 1
    return {
      first,
      records: through - this.#start.seq,
      ...(last && { last: { seq: last.seq, hash: last.hash, time: last.record.time } }),
      ...(last &&
        this.#tree &&
        this.#origin !== undefined && {
          tree: { origin: this.#origin, root: rootOf(this.#tree) },
        }),
      ...(bad && { bad }),
      ...(this.#head && { acknowledged: this.#head.seq }),
      checkpoints: { signed, agreed, elsewhere, foreign, strange, skipped, disputed },
      torn: this.#torn?.bytes.length ?? 0,
      timeGoesBack: this.#timeGoesBack,
      marks: this.#marks,
      ...(this.#moreMarks > 0 && { moreMarks: this.#moreMarks }),
      ...(this.#lockMade !== undefined && { lockMade: this.#lockMade }),
    }
  }

  #mark(record: AuditRecord): void {
    if (record.event === 'log.opened') this.#lockMade = record.seq
    if (this.#marks.length < MAX_MARKS) this.#marks.push(markOf(record))
    else this.#moreMarks += 1
  }

  #follows({ seq, record }: Link): boolean {
    if (this.#last !== undefined) return record.prev === this.#last.hash
    return seq > 1 || record.prev === NO_PREV
  }

  #take(link: Link): Bad | undefined {
    const { seq, hash, record } = link
    const begun = this.#last === undefined ? this.#begin(link) : this.#statement(link)
    if (begun !== undefined) return begun
    if (this.#tree !== undefined) {
      this.#before = this.#tree
      this.#tree = appendLeaf(this.#tree, hash)
      this.#unsigned = this.#comparison.at(this.#tree)
      if (this.#unsigned !== undefined) return undefined
    }
    if (this.#head?.seq === seq && this.#head.hash !== hash) return { seq, damage: 'changed' }
    if (this.#last !== undefined && record.time < this.#last.record.time) {
      if (this.#timeGoesBack.length < MAX_TIMES) this.#timeGoesBack.push(seq)
    }
    if (isMark(record)) this.#mark(record)
    this.#last = link
    return undefined
  }

  /** The first record says which log it is, or a `log.continued` that was read before it. */
  #begin({ seq, hash, record }: Link): Bad | undefined {
    this.#origin = this.#start.origin ?? originOf(hash)
    const follows = this.#aside || seq > 1 || record.event === 'log.archived'
    const other = this.#comparison.ofAnotherLog(this.#origin, follows)
    if (other !== undefined) return { seq, damage: 'other-log' }
    return this.#tree && this.#comparison.at(this.#tree) && { seq, damage: 'misstated' }
  }

  /** What a segment says of those before it is what somebody who has only that segment goes by. */
  #statement({ seq, record }: Link): Bad | undefined {
    if (record.event !== 'log.continued' || this.#tree === undefined) return undefined
    const { size, hashes = [], origin } = continuedOf(record) ?? {}
    const holds =
      size === this.#tree.size &&
      hashes.join() === this.#tree.hashes.join() &&
      origin === this.#origin
    return holds ? undefined : { seq, damage: 'misstated' }
  }

  /** @param named hash of the last record, as something that is not that record says */
  #rewritten(signed: Vouched, before: Range | undefined, named: string | undefined): Bad {
    const { size, root } = signed
    if (isEndOf(root, before, named)) return { seq: size, damage: 'changed' }
    const seq = Math.max(this.#comparison.before(signed), this.#start.seq) + 1
    return { seq, ...(seq < size && { to: size }), damage: 'not-signed' }
  }

  /** The last line of the log does not name the one before it: which of the two was changed? */
  #lastOrBefore({ seq, hash, record }: Link): Bad {
    const before: Bad = { seq: seq - 1, damage: 'changed' }
    if (this.#head?.seq === seq) return this.#head.hash === hash ? before : { ...before, seq }
    const signed = this.#comparison.comes(seq)
    if (signed === undefined) return before
    // The tree with the hash that the last line names, in place of that of the line before it.
    const named =
      this.#before && isHash(record.prev) ? appendLeaf(this.#before, record.prev) : undefined
    return isEndOf(signed.root, named, hash)
      ? before
      : this.#rewritten(signed, undefined, undefined)
  }
}

/** True where the signed tree is `before` and one leaf more, this one. */
function isEndOf(root: string, before: Range | undefined, leaf: string | undefined): boolean {
  if (before === undefined || leaf === undefined || !isHash(leaf)) return false
  return rootOf(appendLeaf(before, leaf)) === root
}

function isMark({ event, seq }: AuditRecord): boolean {
  return (
    event === 'log.recovered' || event === 'log.archived' || (event === 'log.opened' && seq > 1)
  )
}

function markOf({ seq, event, detail = {} }: AuditRecord): Mark {
  const { file } = detail
  const kept: Mark['detail'] = {}
  if (typeof file === 'string') kept.file = file.slice(0, MAX_TEXT).toWellFormed()
  for (const key of ['bytes', 'checkpoint', 'size', 'seq', 'acknowledged'] as const) {
    const number = detail[key]
    if (typeof number === 'number') kept[key] = number
  }
  return { seq, event, detail: kept }
}
