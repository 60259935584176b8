/** What a scanner said, as findings. Pure. */
import type { Finding } from '../../findings/types.ts'
import type { Hit, Skip } from './words.ts'

const MOVE =
  'replace it at its service, store the new value with `secretref secrets set`, and put a reference in its place'

/** A value that is known by its fingerprint, and the name of the ref it belongs to. */
export interface KnownValue {
  /** `hmac-sha256:…`, under this installation's key. */
  fingerprint: string
  ref: string
}

/** @param known what the hit's `known` are places in */
export function hitFinding(hit: { file: string } & Hit, known: readonly KnownValue[]): Finding {
  const { file, line, column, ids, fingerprint } = hit
  const shared = {
    hint: MOVE,
    places: [{ file, line, column }],
    fingerprint,
    ...(ids.length === 0 ? {} : { targets: ids }),
  }
  if (hit.kind === 'known') {
    const values = hit.known.flatMap((place) => known[place] ?? [])
    const names = [...new Set(values.map(({ ref }) => ref))]
    const [first] = values
    return {
      code: 'known-value',
      severity: 'error',
      message: `the value of ${names.join(', ')} stands in this file`,
      ...shared,
      // In the file it may be escaped: its own fingerprint is that of the value.
      ...first,
    }
  }
  if (hit.kind === 'assigned') {
    return {
      code: 'credential',
      severity: 'warning',
      message: 'a value is assigned to a name that credentials have',
      ...shared,
    }
  }
  return {
    code: 'credential',
    severity: 'error',
    message: `a credential that fits ${ids.join(', ')}`,
    ...shared,
  }
}

/** `store`: where values are to lie, so that to find them there says nothing. */
export type NotSearched = Skip | 'store'

const WHY: Readonly<Record<NotSearched, string>> = {
  binary: 'skipped: binary',
  huge: 'skipped: larger than 10 MiB',
  special: 'skipped: no regular file',
  store: 'skipped: the store or a key of this installation, where values are to lie',
}

export function skipFinding({ file, why }: { file: string; why: NotSearched }): Finding {
  return {
    code: 'skipped',
    severity: 'note',
    message: WHY[why],
    hint: 'search it with other means where it may hold a credential',
    places: [{ file }],
  }
}

export function unreadableFinding(file: string): Finding {
  return {
    code: 'unreadable',
    severity: 'error',
    message: 'this could not be read',
    hint: 'check that it is there, and run as somebody who may read it',
    places: [{ file }],
  }
}
