import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { textFingerprinter } from '../../../src/values/detect/fingerprints.ts'
import { fingerprinter } from '../../../src/values/secret/fingerprint.ts'

test('are those of every other process, for texts of any length', () => {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-fingerprints-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const key = join(dir, 'keys', 'fingerprint.key')
  const ours = textFingerprinter(key)
  const theirs = fingerprinter(key)
  const check = (bytes: Buffer): void => {
    expect(ours(bytes.toString('latin1'))).toBe(theirs(bytes))
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => check(Buffer.from(bytes))),
    { numRuns: 200 },
  )
  // Longer than the room, and short again: nothing of the one is left in the other.
  for (const size of [16 * 1024, 16 * 1024 + 1, 100_000, 3, 0]) check(Buffer.alloc(size, 'a'))
})
