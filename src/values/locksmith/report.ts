/** What every order is worked on with, and how what became of it is told. */
import type { Code } from '../../errors.ts'
import type { Cancelling } from '../../gateway/input/set-words.ts'
import type { StoreFault, StoreReport } from '../../gateway/input/store-words.ts'
import type { Failure, PutOutcome } from '../providers/contract.ts'
import type { Prompt } from '../setter/typed.ts'
import type { OpenStore } from '../store/file.ts'
import type { StorePlace } from '../store/key.ts'

export type Report = StoreReport | { type: 'cancelled'; signal?: Cancelling }

export interface Work {
  place: StorePlace
  now: Date
  prompt: Prompt
  cancel: AbortSignal
}

export function fault(what: StoreFault, code: Code, name?: string): Report {
  return { type: 'failed', what, code, ...(name === undefined ? {} : { name }) }
}

export function failed({ code, reason, place }: Failure): Report {
  return {
    type: 'failed',
    what: 'store',
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(place === undefined ? {} : { place }),
  }
}

/** A write that did not come to pass. */
export function notWritten(outcome: Exclude<PutOutcome, { kind: 'written' }>): Report {
  if (outcome.kind === 'conflict') return fault('conflict', 'PROVIDER_UNAVAILABLE')
  if (outcome.kind === 'unknown') return fault('unknown-outcome', 'PROVIDER_UNAVAILABLE')
  return failed(outcome)
}

/** A key that was not written. */
export function undone(outcome: 'conflict' | Failure): Report {
  return outcome === 'conflict' ? fault('conflict', 'PROVIDER_UNAVAILABLE') : failed(outcome)
}

/** Who can open the store now. */
export function keyed({ identity }: StorePlace, { document, key }: OpenStore): Report {
  if (key.kind === 'passphrase') return { type: 'keyed', key: 'passphrase', own: [], others: [] }
  const ours = new Set(key.keys.map(({ recipient }) => recipient))
  return {
    type: 'keyed',
    key: identity === 'keychain' ? 'keychain' : 'file',
    own: document.recipients.filter((one) => ours.has(one)),
    others: document.recipients.filter((one) => !ours.has(one)),
  }
}

/** What came of work under the store's lock, or why there was no lock. */
export function reported(outcome: Report | Failure): Report {
  return 'type' in outcome ? outcome : failed(outcome)
}
