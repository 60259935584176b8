/** The checkpoints that lie beside a log. */
import { closeSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { openToRead } from '../audit/file.ts'
import { notesIn } from '../audit/note.ts'

/** Their notes: the whole list, then the newest; of an archive, those that were put aside with it. */
export function readKept(log: string): string[] {
  const [, ending] = /^audit\.log(.*)$/s.exec(basename(log)) ?? []
  if (ending === undefined) return []
  return ['audit.checkpoints', 'audit.checkpoint'].flatMap((name) =>
    notesIn(textOf(join(dirname(log), name + ending))),
  )
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
