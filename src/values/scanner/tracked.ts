/**
 * The files that git has of a work tree, by its index (gitformat-index(5), versions 2 to 4): what is
 * tracked is published with the repository, whatever a `.gitignore` says of it.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

const MOST_BYTES = 64 * 1024 * 1024
/** As long as a path may be. */
const MOST_NAME = 4096
/** Of all names: in version 4 they may be far longer than the index. */
const MOST_CHARACTERS = 64 * 1024 * 1024
const HEADER_BYTES = 12
/** Times, device, inode, mode, owner, size, a SHA-1, and flags. */
const FIXED_BYTES = 62
const MODE_AT = 24
const FLAGS_AT = 60
const EXTENDED = 0x4000
/** File, executable file, symbolic link, submodule, folder of a sparse index; the type alone. */
const TYPES: ReadonlySet<number> = new Set([0o10, 0o12, 0o16, 0o4])

/**
 * Paths below the work tree, with `/`, one character for each byte.
 *
 * @param workTree a folder with a `.git` folder in it
 * @returns none where there is no index, or one that we do not understand: of a repository with SHA-256,
 *   or split over two files, in which case only the files of the first are known; or with names of more
 *   than 64 Mi characters in all
 */
export function trackedFiles(workTree: Buffer): ReadonlySet<string> {
  const bytes = readIndex(Buffer.concat([workTree, Buffer.from('/.git/index')]))
  const names = new Set<string>()
  if (bytes === undefined || bytes.length < HEADER_BYTES) return names
  const version = bytes.readUInt32BE(4)
  if (bytes.toString('latin1', 0, 4) !== 'DIRC' || version < 2 || version > 4) return names
  let before = ''
  let characters = 0
  let at = HEADER_BYTES
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const entry = entryAt(bytes, at, version === 4 ? before : undefined)
    // One that is no entry: the lengths of this index are others than we think, and so were those before.
    if (entry === undefined) return new Set()
    characters += entry.name.length
    if (entry.name.length > MOST_NAME || characters > MOST_CHARACTERS) return new Set()
    names.add(entry.name)
    before = entry.name
    at = entry.end
  }
  return names
}

/** @param before in version 4, the name before, of which the beginning is not repeated */
function entryAt(
  bytes: Buffer,
  start: number,
  before: string | undefined,
): { name: string; end: number } | undefined {
  if (start + FIXED_BYTES >= bytes.length) return undefined
  if (!TYPES.has(bytes.readUInt32BE(start + MODE_AT) >>> 12)) return undefined
  const isExtended = (bytes.readUInt16BE(start + FLAGS_AT) & EXTENDED) !== 0
  let at = start + FIXED_BYTES + (isExtended ? 2 : 0)
  let kept = ''
  if (before !== undefined) {
    const dropped = offsetAt(bytes, at)
    if (dropped === undefined || dropped.value > before.length) return undefined
    kept = before.slice(0, before.length - dropped.value)
    at = dropped.end
  }
  const nul = bytes.indexOf(0, at)
  if (nul === -1) return undefined
  const name = kept + bytes.toString('latin1', at, nul)
  if (name === '') return undefined
  // Padded to a multiple of eight, with at least one NUL; not so in version 4.
  const end = before === undefined ? start + (((nul - start) >> 3) + 1) * 8 : nul + 1
  return { name, end }
}

/** The variable-width number of git's packs (gitformat-pack(5), offset encoding). */
function offsetAt(bytes: Buffer, start: number): { value: number; end: number } | undefined {
  let value = -1
  for (let at = start; at < bytes.length && at < start + 4; at++) {
    const byte = bytes[at] ?? 0
    value = (value + 1) * 128 + (byte & 0x7f)
    if ((byte & 0x80) === 0) return { value, end: at + 1 }
  }
  return undefined
}

function readIndex(path: Buffer): Buffer | undefined {
  let fd
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const st = fstatSync(fd)
    return st.isFile() && st.size <= MOST_BYTES ? readFileSync(fd) : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
