/** A store in a folder of a test, and what a locksmith is given to work on it. */
import { join } from 'node:path'
import type { Work } from '../../../src/values/locksmith/report.ts'
import type { StorePlace } from '../../../src/values/store/file.ts'

export function placeIn(dir: string): StorePlace {
  return { path: join(dir, 'store.age'), identity: join(dir, 'keys', 'store.key') }
}

export function importOf(dir: string) {
  const work: Work = {
    place: placeIn(dir),
    now: new Date(),
    prompt: { pasteMarks: false },
    cancel: new AbortController().signal,
  }
  const order = {
    v: 1,
    options: {},
    fingerprintKey: join(dir, 'keys', 'fingerprint.key'),
    operation: 'fake-operation',
    pasteMarks: false,
    action: {
      kind: 'import',
      path: join(dir, 'plain', 'secrets.json'),
      names: {},
      // As control reads it from the log after an import that was killed.
      before: { moved: false, unfinished: ['fake-operation'] },
    },
  } as const
  return { work, order }
}
