/** Looks for a value wherever a command could have left it: what it printed, its files, shared memory. */
import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect } from 'vitest'
import { formsOf } from './scan-memory.ts'
import type { Ended, World } from './support.ts'

export interface Secret {
  /** With what JSON, URLs and shells escape around its marker. */
  value: string
  /** Letters and digits that occur nowhere else: no encoding but base64 and hex changes them. */
  marker: string
}

export function newSecret(): Secret {
  const marker = `M${randomBytes(18).toString('hex')}M`
  return { value: `fake "'/+&=%\\ ${marker} é$(x)`, marker }
}

/** A piece of this length is already too much; chance does not make one. */
const PIECE = 12

function needles({ marker }: Secret): Map<string, Buffer> {
  const found = new Map(formsOf(marker))
  found.set('its beginning', Buffer.from(marker.slice(0, PIECE)))
  found.set('its end', Buffer.from(marker.slice(-PIECE)))
  return found
}

/** The forms of the secret that are in there. */
export function formsIn(bytes: Buffer, secret: Secret): string[] {
  return [...needles(secret)].filter(([, needle]) => bytes.includes(needle)).map(([form]) => form)
}

/**
 * Nothing of the secret is in what was printed, in any file of this world but the `sources` where the
 * test has put it, or in shared memory.
 *
 * @param sources paths in the world's folder
 */
export function expectNoLeak(
  world: World,
  secret: Secret,
  printed: readonly Ended[],
  sources: readonly string[],
): void {
  const leaks: string[] = []
  for (const [i, { stdout, stderr }] of printed.entries()) {
    for (const form of formsIn(stdout, secret)) leaks.push(`stdout ${i}: ${form}`)
    for (const form of formsIn(stderr, secret)) leaks.push(`stderr ${i}: ${form}`)
  }
  for (const path of [
    ...filesUnder(world.dir),
    ...filesUnder('/dev/shm', /^(?:test-)?secretref/),
  ]) {
    if (sources.includes(relative(world.dir, path))) continue
    for (const form of formsIn(readOrNothing(path), secret)) leaks.push(`${path}: ${form}`)
  }
  expect(leaks).toEqual([])
}

function filesUnder(dir: string, names = /^/): string[] {
  return namesIn(dir)
    .filter((name) => names.test(name))
    .map((name) => join(dir, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile())
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: 'utf8' })
  } catch {
    return [] // Another test's folder went while we looked.
  }
}

/** A file of shared memory may go while we look: then it is another test's. */
function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}
