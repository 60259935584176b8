/** The checkpoints that lie beside a log. */
import { closeSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { openToRead } from '../audit/file.ts'
import { notesIn } from '../audit/note.ts'

/**
 * Their notes, each once: the whole list, and the newest where that does not have it. Of an archive,
 * those that were put aside with it.
 */
export function readKept(log: string): string[] {
  const [, ending] = /^audit\.log(.*)$/s.exec(basename(log)) ?? []
  if (ending === undefined) return []
  const notes = ['audit.checkpoints', 'audit.checkpoint'].flatMap((name) =>
    notesIn(textOf(join(dirname(log), name + ending))),
  )
  return [...new Set(notes)]
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
