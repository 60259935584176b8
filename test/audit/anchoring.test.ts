import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { notesIn } from '../../src/audit/note.ts'
import { openAuditLog } from '../../src/audit/log.ts'
import type { Home } from '../../src/state/home.ts'
import { entry, recordsIn, tempDir, tempHome, verify, writeSettings } from './home.ts'

function failuresIn(home: Home): unknown[] {
  return recordsIn(home)
    .filter(({ event }) => event === 'anchor.failed')
    .map(({ detail, reason }) => [detail?.['anchor'], reason])
}

test('a checkpoint is taken to the anchor before the process ends', async () => {
  const home = tempHome()
  const path = join(tempDir(), 'checkpoints')
  writeSettings(home, { anchors: [{ type: 'file', path }] })
  for (let i = 0; i < 2; i++) {
    const log = openAuditLog(home)
    await log.append([entry()])
    await log.close()
  }
  expect(notesIn(readFileSync(path, 'utf8'))).toEqual(
    notesIn(readFileSync(home.checkpoints, 'utf8')),
  )
  expect(failuresIn(home)).toEqual([])
})

test('an anchor that fails stops nobody, and is said and recorded once while it fails', async () => {
  const home = tempHome()
  const folder = join(tempDir(), 'not-there')
  const path = join(folder, 'checkpoints')
  writeSettings(home, { checkpoint: { records: 1 }, anchors: [{ type: 'file', path }] })
  const said: string[] = []
  const log = openAuditLog(home, { warn: (sentence) => said.push(sentence) })
  await log.append([entry()])
  while (said.length < 1) await log.append([entry()])
  for (let i = 0; i < 20; i++) await log.append([entry()])
  await log.close()
  expect(said).toHaveLength(1)
  expect(said[0]).toContain(`the checkpoint did not reach the anchor file ${path}: `)
  expect(failuresIn(home)).toEqual([[`file ${path}`, expect.any(String)]])

  // Another process says it again, and one that finds the anchor well says nothing.
  const again = openAuditLog(home)
  await again.append([entry()])
  await again.close()
  expect(failuresIn(home)).toHaveLength(2)
  mkdirSync(folder)
  const last = openAuditLog(home)
  await last.append([entry()])
  await last.close()
  expect(failuresIn(home)).toHaveLength(2)
  expect(notesIn(readFileSync(path, 'utf8')).at(-1)).toBe(readFileSync(home.checkpoint, 'utf8'))
  expect(verify(home).bad).toBeUndefined()
})

test('an anchor that hangs is waited for at the end, but not for long', async () => {
  const home = tempHome()
  writeSettings(home, { anchors: [{ type: 'command', command: ['/bin/sleep', '60'] }] })
  const log = openAuditLog(home)
  await log.append([entry()])
  const begin = performance.now()
  await log.close()
  // Two seconds, and what a busy machine adds.
  expect(performance.now() - begin).toBeLessThan(5000)
  expect(failuresIn(home)).toEqual([['command /bin/sleep', expect.any(String)]])
  expect(recordsIn(home).at(-1)?.event).toBe('anchor.failed')
  expect(verify(home).acknowledged).toBe(3)
})
