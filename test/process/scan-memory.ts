/**
 * Looks for a value in the memory of another process: every mapping of /proc/PID/maps that can be read,
 * page for page, through /proc/PID/mem (proc(5)).
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { errnoOf } from '../../src/errors.ts'

export interface Find {
  form: string
  /** Of the mapping, as in /proc/PID/maps. */
  mapping: string
  address: number
}

/** Bytes from `start` to before `end`. */
export interface Range {
  start: number
  end: number
}

const CHUNK = 4 * 1024 * 1024
const PAGE = 4096

/** How a text may lie in memory: as bytes, as a two-byte string, and encoded for a log or a request. */
export function formsOf(text: string): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(text)
  const forms = new Map([
    ['raw', bytes],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['hex', Buffer.from(bytes.toString('hex'))],
  ])
  // At each of three places in a longer text; the first and last letters depend on the neighbours.
  for (let before = 0; before < 3; before++) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    forms.set(`base64 at ${before}`, Buffer.from(encoded.replace(/=+$/, '').slice(4, -2)))
  }
  return forms
}

/** Every copy of `text`, in any form, in the memory of `pid`, except inside `skip`. */
export function copiesIn(pid: number, text: string, skip?: Range): Find[] {
  const forms = formsOf(text)
  const overlap = Math.max(...Array.from(forms.values(), ({ length }) => length)) - 1
  const found: Find[] = []
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r')
  const chunk = Buffer.alloc(CHUNK + overlap)
  try {
    for (const mapping of readableMappings(pid)) {
      for (const { start, end } of partsOf(pagemap, mapping)) {
        for (let at = start; at < end; at += CHUNK) {
          const seen = chunk.subarray(0, Math.min(CHUNK + overlap, end - at))
          readOrZero(memory, seen, at)
          for (const [form, needle] of forms) {
            for (let i = seen.indexOf(needle); i !== -1; i = seen.indexOf(needle, i + 1)) {
              const address = at + i
              // What begins in the overlap is found again with the next chunk.
              if (i >= CHUNK || isInside(address, skip)) continue
              found.push({ form, mapping: mapping.name, address })
            }
          }
        }
      }
    }
  } finally {
    closeSync(memory)
    closeSync(pagemap)
  }
  return found
}

export function isInside(address: number, range: Range | undefined): boolean {
  return range !== undefined && address >= range.start && address < range.end
}

function readableMappings(pid: number): (Range & { name: string })[] {
  return readFileSync(`/proc/${pid}/maps`, 'latin1')
    .split('\n')
    .flatMap((line) => {
      const match = /^([0-9a-f]+)-([0-9a-f]+) r\S* \S+ \S+ \S+\s*(.*)$/.exec(line)
      if (match === null) return []
      const [start = 0, end = 0] = match.slice(1, 3).map((hex) => Number.parseInt(hex, 16))
      const name = match[3] ?? ''
      // The kernel's own pages, which cannot be read this way and belong to no process.
      return /^\[(?:vvar|vsyscall)/.test(name) ? [] : [{ start, end, name }]
    })
}

/**
 * The parts of a mapping that there is something in. Of memory without a file, pages that were never
 * touched are left out: they are zeros, and most of what a Node process has.
 */
function partsOf(pagemap: number, { start, end, name }: Range & { name: string }): Range[] {
  if (name.startsWith('/')) return [{ start, end }]
  // One number of 64 bits a page; bit 63: in memory, bit 62: in swap (Documentation/admin-guide/mm).
  const entries = Buffer.alloc(((end - start) / PAGE) * 8)
  const read = readSync(pagemap, entries, 0, entries.length, (start / PAGE) * 8)
  if (read < entries.length) return [{ start, end }]
  const parts: Range[] = []
  for (let page = start, i = 0; page < end; page += PAGE, i += 8) {
    if ((entries.readUInt8(i + 7) & 0xc0) === 0) continue
    const last = parts.at(-1)
    if (last?.end === page) last.end += PAGE
    else parts.push({ start: page, end: page + PAGE })
  }
  return parts
}

/** A page that cannot be read (a guard page, one beyond the end of its file) counts as zeros. */
function readOrZero(memory: number, into: Buffer, at: number): void {
  const size = into.length
  try {
    if (readSync(memory, into, 0, size, at) === size) return
  } catch (error) {
    if (errnoOf(error) !== 'EIO') throw error
  }
  into.fill(0)
  for (let offset = 0; offset < size; offset += PAGE) {
    try {
      readSync(memory, into, offset, Math.min(PAGE, size - offset), at + offset)
    } catch (error) {
      if (errnoOf(error) !== 'EIO') throw error
    }
  }
}

/** Where the kernel has put the environment that a process was started with. */
export function initialEnvironment(pid: number): Range {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Fields 50 and 51 of proc(5); the first after the command's name is the third.
  return { start: Number(fields[50 - 3]), end: Number(fields[51 - 3]) }
}
