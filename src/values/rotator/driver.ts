/**
 * What a rotation driver is: one file, one `Driver`, for one kind of service. It knows how that service
 * makes, sets, tries and ends a credential; when, in what order, and what is kept, is not its to decide.
 *
 * - Every method may be called again after a crash, with the same arguments.
 * - No answer is never a no: `unknown` says that it was sent.
 * - A `Buffer` in an answer belongs to the caller, who wipes it; one in an argument stays the caller's.
 */
import type { Code } from '../../errors.ts'
import type { DriverClass } from '../../rotation/types.ts'
import type { JsonSchema, Reason } from '../providers/contract.ts'

export interface DriverSpec {
  type: string
  /** `stated`: the config says it, as the option `class`. */
  class: DriverClass | 'stated'
  /** One sentence for the docs. */
  summary: string
  /** What a config may say beside `driver`: `type: object`, `additionalProperties: false`. */
  options: JsonSchema
}

export interface DriverContext {
  signal: AbortSignal
  now(): Date
  /** The credential by which the driver acts, where its config names one; else it acts by the current one. */
  admin?: Buffer
}

export interface Driver {
  spec: DriverSpec
  open(options: Readonly<Record<string, unknown>>, ctx: DriverContext): Promise<Issuer>
}

/** `refused`: a final no. `unavailable`: it was not done. `unknown`: it was sent, and no answer came. */
export interface Trouble {
  kind: 'refused' | 'unavailable' | 'unknown'
  code: Code
  reason?: Reason
}
export type Answer = { kind: 'ok' } | Trouble

/** A credential of the service. */
export interface Credential {
  value: Buffer
  /** The service's own name for it, where it has one; no secret. `[A-Za-z0-9._:/-]{1,128}` */
  id?: string
}

export type Made = ({ kind: 'made' } & Credential) | Trouble
/** `account`: whose it is, in the service's own words; compared, and never shown. */
export type Tried = { kind: 'valid'; account: string } | Trouble

export interface Issuer {
  /** `chosen`, `slots`: a new value; nothing outside is touched. */
  choose?(current: Credential): Promise<Made>
  /** `chosen`, `slots`: from now on the service takes `next`. */
  set?(next: Credential, current: Credential): Promise<Answer>
  /** `issued`, `roll`: has one made, and marked with `tag` where the service has marks. */
  create?(tag: string, current: Credential): Promise<Made>
  /** `issued`, `roll`: the ids of what is marked with `tag`; left out where the service lists nothing. */
  marked?(tag: string): Promise<{ kind: 'ids'; ids: readonly string[] } | Trouble>
  /** Signs in with it and reads something harmless. */
  try(credential: Credential): Promise<Tried>
  /** Ends it; one that is gone already is `ok`. Left out where the service ends it by itself. */
  end?(credential: Pick<Credential, 'id'> & { value?: Buffer }): Promise<Answer>
  close(): Promise<void>
}
