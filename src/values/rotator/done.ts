/** What became of an action, in the words that control takes. */
import type { Did, Whose } from '../../gateway/rotate/words.ts'
import type { Fingerprint } from '../resolver/metadata.ts'
import type { Failure } from '../providers/contract.ts'
import type { Credential, Trouble } from './driver.ts'

export type Done = Omit<Did, 'did'>

export const ok: Done = { result: 'ok' }
/** A step whose ground is gone: nothing was staged. */
export const groundless: Done = { result: 'refused', code: 'INTERNAL' }

export function described({ value, id }: Credential, fingerprint: Fingerprint): Done {
  return { result: 'ok', fingerprint: fingerprint(value), ...(id === undefined ? {} : { id }) }
}

export function answered(answer: { kind: 'ok' } | Trouble): Done {
  return answer.kind === 'ok' ? ok : troubled(answer)
}

/** Of a driver. @param whose the credential that was tried; left out: it acted by one */
export function troubled({ kind, code, reason, program }: Trouble, whose?: Whose): Done {
  return {
    result: kind,
    code,
    ...(reason === undefined ? {} : { reason }),
    service: true,
    ...(program === undefined ? {} : { program }),
    ...(whose === undefined ? {} : { whose }),
  }
}

/** Of the provider, or of what is kept between the steps. */
export function failed({ kind, code, reason }: Failure): Done {
  const result = kind === 'unavailable' ? 'unavailable' : 'refused'
  return { result, code, ...(reason === undefined ? {} : { reason }) }
}
