/** The checkpoints that lie beside a log. */
import { closeSync, fstatSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { unavailable } from '../audit/failures.ts'
import { openToLook } from '../audit/file.ts'
import { notesIn, parseCheckpoint, parseNote } from '../audit/note.ts'
import { MAX_NOTES, MAX_NOTES_TEXT } from './evidence.ts'

export interface Kept {
  /** Each once: the whole list, and the newest where that does not have it. */
  notes: string[]
  /** True where the list ends with something that is no note: a writer at work, or one that died. */
  torn: boolean
  /** Records that the file of the newest one covers; absent where there is none, or it is no checkpoint. */
  newest?: number
  /** Records that the last one of the list covers; absent as `newest`. */
  listed?: number
}

/** Of an archive, those that were put aside with it. Errors: AUDIT_UNAVAILABLE, or what the system throws. */
export function readKept(log: string): Kept {
  const [, ending] = /^audit\.log(.*)$/s.exec(basename(log)) ?? []
  if (ending === undefined) return { notes: [], torn: false }
  const at = (name: string): string[] => notesIn(textOf(join(dirname(log), name + ending)))
  // The list has each before the file of the newest one does.
  const single = at('audit.checkpoint')
  const list = at('audit.checkpoints')
  const last = list.at(-1)
  const torn = last !== undefined && parseNote(last) === undefined
  const whole = torn ? list.slice(0, -1) : list
  const newest = sizeOf(single)
  const listed = sizeOf(whole)
  return {
    notes: [...new Set([...whole, ...single])],
    torn,
    ...(newest !== undefined && { newest }),
    ...(listed !== undefined && { listed }),
  }
}

/** Of the last piece that is a checkpoint. */
function sizeOf(pieces: readonly string[]): number | undefined {
  for (const piece of pieces.toReversed()) {
    const checkpoint = parseCheckpoint(parseNote(piece)?.text ?? '')
    if (checkpoint !== undefined) return checkpoint.size
  }
  return undefined
}

function textOf(path: string): string {
  const fd = openToLook(path)
  if (fd === undefined) return ''
  try {
    if (fstatSync(fd).size > MAX_NOTES) {
      throw unavailable(
        `its checkpoints are larger than ${MAX_NOTES_TEXT}`,
        `after an audit, with nothing running, ${path} can be cut to its last notes`,
      )
    }
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}
