/** What a scanner said, as findings. Pure. */
import type { Finding } from '../findings/types.ts'
import type { Hit, ScanMessage, Skip } from './scan-words.ts'

const MOVE =
  'replace it at its service, store the new value with `secretref secrets set`, and put a reference in its place'

/** @param refs the refs of `known`, by its places */
export function hitFinding(hit: { file: string } & Hit, refs: readonly string[]): Finding {
  const { file, line, column, ids, fingerprint } = hit
  const shared = {
    hint: MOVE,
    places: [{ file, line, column }],
    fingerprint,
    ...(ids.length === 0 ? {} : { targets: ids }),
  }
  if (hit.kind === 'known') {
    const names = [...new Set(hit.known.map((i) => refs[i] ?? ''))]
    const [ref = ''] = names
    return {
      code: 'known-value',
      severity: 'error',
      message: `the value of ${names.join(', ')} stands in this file`,
      ref,
      ...shared,
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

const WHY: Readonly<Record<Skip, string>> = {
  binary: 'a binary file is not searched',
  huge: 'a file of more than 10 MiB is not searched',
  special: 'this is no regular file, and is not searched',
}

export function skipFinding(message: Extract<ScanMessage, { type: 'skipped' }>): Finding {
  return {
    code: 'skipped',
    severity: 'note',
    message: WHY[message.why],
    hint: 'search it with other means where it may hold a credential',
    places: [{ file: message.file }],
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
