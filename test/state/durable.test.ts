/** Databases that cannot be made anew: where they may lie. */
import { existsSync, mkdirSync, symlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openJournal } from '../../src/rotation/journal.ts'
import { tempHome } from './folder.ts'

test('a link is not followed: what it leads to stays as it is', () => {
  const home = tempHome()
  mkdirSync(home.dir, { recursive: true, mode: 0o700 })
  const elsewhere = join(home.dir, 'elsewhere')
  writeFileSync(elsewhere, '', { mode: 0o644 })
  symlinkSync(elsewhere, home.rotations)
  expect(() => openJournal(home)).toThrow(expect.objectContaining({ code: 'STATE_UNAVAILABLE' }))
  expect(statSync(elsewhere)).toMatchObject({ size: 0 })
  expect(statSync(elsewhere).mode & 0o777).toBe(0o644)
})

test('the file is ours alone', () => {
  const home = tempHome()
  openJournal(home).close()
  expect(existsSync(home.rotations)).toBe(true)
  expect(statSync(home.rotations).mode & 0o777).toBe(0o600)
})
