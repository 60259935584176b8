/** A store in a folder of a test, and what a locksmith is given to work on it. */
import { join } from 'node:path'
import type { Work } from '../../../src/values/locksmith/report.ts'
import type { StorePlace } from '../../../src/values/store/file.ts'

function keyFile(dir: string): string {
  return join(dir, 'keys', 'store.key')
}

/** @param to left out: the kind that the store has */
export function rekeyTo(dir: string, to?: 'passphrase' | 'file') {
  return { kind: 'rekey', keyFile: keyFile(dir), ...(to === undefined ? {} : { to }) } as const
}

export function placeIn(dir: string): StorePlace {
  return { path: join(dir, 'store.age'), identity: keyFile(dir) }
}

/** Opens it whichever of the two it is sealed with: its own first lines say. */
export function placeWithBoth(dir: string): StorePlace {
  return { ...placeIn(dir), passphrase: Buffer.from(['fake', 'passphrase'].join('-')) }
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
