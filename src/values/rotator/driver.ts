/**
 * What a rotation driver is: one file, one `Driver`, for one kind of service. It knows how that service
 * makes, sets, tries and ends a credential; when, in what order, and what is kept, is not its to decide.
 *
 * - Every method may be called again after a crash, with the same arguments.
 * - No answer is never a no: `unknown` says that it was sent.
 * - A `Buffer` in an answer belongs to the caller, who wipes it; one in an argument stays the caller's.
 */
import type { Code } from '../../errors.ts'
import type { Asking } from '../../gateway/rotate/words.ts'
import type { ProgramEnd } from '../../rotation/program.ts'
import type { DriverClass } from '../../rotation/types.ts'
import type { JsonSchema, Reason } from '../providers/contract.ts'

export interface DriverSpec {
  type: string
  /** `stated`: the config says it, as the option `class`. */
  class: DriverClass | 'stated'
  /** One sentence for the docs. */
  summary: string
  /**
   * The service makes none for programs, so a person brings the new one; the class is `issued`. `create`
   * looks at its form, nothing is ended by us, and what is ended is seen by asking with it.
   */
  guided?: true
  /** Ids of the targets that it is for, where a config names no driver. */
  targets?: readonly string[]
  /** What a config may say beside `driver`: `type: object`, `additionalProperties: false`. */
  options: JsonSchema
}

export interface DriverContext {
  signal: AbortSignal
  now(): Date
  /** The credential by which the driver acts, where its config names one; else it acts by the current one. */
  admin?: Buffer
  /** How its service says whether a credential works, where that is known; of `guided` drivers. */
  asking?: Asking
}

export interface Driver {
  spec: DriverSpec
  open(options: Readonly<Record<string, unknown>>, ctx: DriverContext): Promise<Issuer>
}

/**
 * `refused`: a final no. `unavailable`: it was not done. `unknown`: it was sent, and no answer came.
 * `waiting`: it was not done, as somebody has to do something first; no failure, however long it takes.
 */
export interface Trouble {
  kind: 'refused' | 'unavailable' | 'unknown' | 'waiting'
  code: Code
  reason?: Reason
  /** Of the driver `exec`: for what its program was started, and how it ended. */
  program?: ProgramEnd
}
export type Answer = { kind: 'ok' } | Trouble

/** A credential of the service. */
export interface Credential {
  value: Buffer
  /** The service's own name for it, where it has one; no secret. `[A-Za-z0-9._:/-]{1,128}` */
  id?: string
}

export type Made = ({ kind: 'made' } & Credential) | Trouble
/** `unlisted`: it cannot be told; with a reason: there is one, and not whose it is. */
export type Marked =
  | { kind: 'ids'; ids: readonly string[] }
  | { kind: 'unlisted'; reason?: Reason }
  | Trouble

/** What lived at a moment; kept before a creation is sent. */
export interface Before {
  at: Date
  ids: readonly string[]
}

/**
 * `account`: whose it is, in the service's own words; compared, and never shown. Left out where the service
 * does not tell: then it is not taken. Only `refused` with `CREDENTIAL_REJECTED` says that it does not work.
 */
export type Tried = { kind: 'valid'; account?: string } | Trouble

export interface Issuer {
  /**
   * `chosen`, `slots`: whose passwords are set for it, each by a name that is the same for whoever names that
   * user; nothing is asked. Left out where nobody else's value can be replaced.
   */
  users?(current: Credential): readonly string[]
  /** `chosen`, `slots`: a new value; nothing outside is touched. */
  choose?(current: Credential): Promise<Made>
  /** `chosen`, `slots`: from now on the service takes `next`. */
  set?(next: Credential, current: Credential): Promise<Answer>
  /**
   * `issued`, `roll`: has one made, and marked with `tag` where the service has marks.
   *
   * @param brought of a `guided` driver: what a person brought; touches nothing outside
   */
  create?(tag: string, current: Credential, brought?: Buffer): Promise<Made>
  /** Where the service lists but takes no marks: the ids of what lives, asked just before each `create`. */
  survey?(current: Credential): Promise<{ kind: 'ids'; ids: readonly string[] } | Trouble>
  /**
   * `issued`, `roll`: the ids of what is marked with `tag`; left out where the service
   * lists nothing.
   *
   * @param about `staged`: the id of the new one that is kept, if it is. `before`: what `survey` said last;
   *   without it nothing was sent. `open`: something was sent that has not been answered
   */
  marked?(
    tag: string,
    about: { current?: Credential; staged?: string; before?: Before; open: boolean },
  ): Promise<Marked>
  /**
   * Whether two values that differ may be one credential, spelled in two ways. Left out: two words are two,
   * and of anything else it is not known.
   */
  same?(one: Buffer, other: Buffer): boolean
  /** Nobody can be asked: `try` takes whatever it is given, and that is said of the rotation. */
  blind?: true
  /** Signs in with it and reads something harmless. */
  try(credential: Credential): Promise<Tried>
  /**
   * Ends it; one that is gone already is `ok`. Left out where the service ends it by itself.
   *
   * @param by another one of the same account that works, where there is one
   */
  end?(credential: Pick<Credential, 'id'> & { value?: Buffer }, by?: Credential): Promise<Answer>
  close(): Promise<void>
}
