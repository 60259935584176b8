/** Looks for values in the files of a folder, and in a config: raw, as JSON writes them, as base64. */
import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { encodeBase64 } from '../secret/base64.ts'
import { allocate, copy, wipe } from '../secret/bytes.ts'
import { quote } from '../secret/json-text.ts'

/** Shorter ones are found in anything. */
const SHORTEST = 6
const MAX_BYTES = 64 * 1024 * 1024

export interface Searched {
  searched: number
  /** Files that hold a value still. */
  left: number
  /** Files that could not be read, or are larger than 64 MiB. */
  unreadable: number
  inConfig: boolean
  /** Names of those in the folder, ten at most; one that holds a value itself is left out. */
  places: string[]
}

const MOST_PLACES = 10

/** @param values the caller's, who wipes them */
export async function search(
  path: string,
  config: string | undefined,
  values: readonly Buffer[],
): Promise<Searched> {
  const wanted = values.filter(({ length }) => length >= SHORTEST).flatMap(formsOf)
  const found: Searched = {
    searched: 0,
    left: 0,
    unreadable: 0,
    inConfig: false,
    places: [],
  }
  try {
    const files = await regularFiles(dirname(path))
    if (files === undefined) found.unreadable += 1
    for (const file of new Set([...(files ?? []), ...(config === undefined ? [] : [config])])) {
      const holds = await holdsOne(file, wanted)
      if (holds === undefined) found.unreadable += 1
      else found.searched += 1
      if (holds) found.left += 1
      if (!holds) continue
      if (file === config) found.inConfig = true
      const name = Buffer.from(basename(file))
      const named = found.places.length < MOST_PLACES && file !== config
      if (named && !wanted.some((value) => name.includes(value))) found.places.push(basename(file))
    }
    return found
  } finally {
    wipe(...wanted)
  }
}

function formsOf(value: Buffer): Buffer[] {
  const quoted = quote(value)
  const inner = copy(quoted.subarray(1, -1))
  wipe(quoted)
  return [copy(value), inner, encodeBase64(value)]
}

/** Those of the folder itself; `undefined` where it cannot be listed. */
async function regularFiles(folder: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name))
  } catch {
    return undefined
  }
}

async function holdsOne(path: string, wanted: readonly Buffer[]): Promise<boolean | undefined> {
  let bytes: Buffer | undefined
  try {
    const handle = await open(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
    try {
      const { size } = await handle.stat()
      if (size > MAX_BYTES) return undefined
      bytes = allocate(size)
      let length = 0
      while (length < size) {
        const { bytesRead } = await handle.read(bytes, length, size - length, length)
        if (bytesRead === 0) break
        length += bytesRead
      }
    } finally {
      await handle.close()
    }
    const whole = bytes
    return wanted.some((value) => whole.includes(value))
  } catch {
    return undefined
  } finally {
    wipe(bytes)
  }
}
