/** The checkpoints that lie beside a log. */
import { closeSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { openToRead } from '../audit/file.ts'
import { notesIn, parseNote } from '../audit/note.ts'

export interface Kept {
  /** Each once: the whole list, and the newest where that does not have it. */
  notes: string[]
  /** True where the list ends with something that is no note: a writer at work, or one that died. */
  torn: boolean
}

/** Of an archive, those that were put aside with it. */
export function readKept(log: string): Kept {
  const [, ending] = /^audit\.log(.*)$/s.exec(basename(log)) ?? []
  if (ending === undefined) return { notes: [], torn: false }
  const at = (name: string): string[] => notesIn(textOf(join(dirname(log), name + ending)))
  const list = at('audit.checkpoints')
  const last = list.at(-1)
  const torn = last !== undefined && parseNote(last) === undefined
  const whole = torn ? list.slice(0, -1) : list
  return { notes: [...new Set([...whole, ...at('audit.checkpoint')])], torn }
}

function textOf(path: string): string {
  const fd = openToRead(path)
  if (fd === undefined) return ''
  try {
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}
