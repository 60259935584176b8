import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkAnchors } from '../../src/cli/doctor/anchors.ts'
import { isolated } from '../../src/cli/doctor/finding.ts'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import type { Home } from '../../src/state/home.ts'
import { entry, openLog, tempDir, tempHome, writeSettings } from '../audit/home.ts'
import { hearing } from './hearing.ts'

test.each<[settings: string | undefined, sign: string, message: string]>([
  [undefined, 'none', 'checkpoints are kept beside the log alone'],
  [
    '{"anchors":[{"type":"journald"},{"type":"command","command":["/bin/x","fake-argument"]}]}',
    'none',
    'configured: journald, command /bin/x',
  ],
  ['{"anchors":[{"type":"fil"}]}', 'bad', 'anchors[0].type is none of'],
])('%s: %s', async (settings, sign, message) => {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  if (settings !== undefined) writeFileSync(home.auditSettings, settings, { mode: 0o600 })
  const findings = await isolated('anchors', () => checkAnchors(hearing(home)))
  expect(findings).toMatchObject([{ sign, message: expect.stringContaining(message) }])
  expect(JSON.stringify(findings)).not.toContain('fake-argument')
})

const look = (home: Home): readonly Finding[] => checkAnchors(hearing(home))

/** A process that appends a record, signs it and takes that to the anchors. */
async function ran(home: Home, pid: number): Promise<void> {
  const log = openLog(home, { warn: () => {} })
  await log.append([entry({ actor: { type: 'user', id: 'tester', pid, uid: 1000 } })])
  await log.close()
}

test('one that failed last is not said to be well, until a later process reached it', async () => {
  const home = tempHome()
  const good = join(tempDir(), 'checkpoints')
  const folder = join(tempDir(), 'gone')
  const bad = join(folder, 'checkpoints')
  writeSettings(home, {
    anchors: [
      { type: 'file', path: bad },
      { type: 'file', path: good },
    ],
  })
  expect(look(home)).toMatchObject([
    { sign: 'none', message: `configured: file ${bad}, file ${good}` },
  ])
  await ran(home, 1)
  const failed = [
    {
      check: 'anchors',
      sign: 'attention',
      message: expect.stringMatching(/^file .*\/gone\/checkpoints failed last on \d{4}-.*Z: ./),
      hint: expect.stringContaining('log checkpoint'),
    },
    { sign: 'none', message: `configured: file ${good}` },
  ]
  expect(look(home)).toMatchObject(failed)
  await ran(home, 2)
  expect(look(home)).toMatchObject(failed)
  mkdirSync(folder)
  await ran(home, 3)
  expect(look(home)).toMatchObject([{ sign: 'none' }])
})

test('of a long log only the end is read, and what is no record says nothing', async () => {
  const home = tempHome()
  const bad = join(tempDir(), 'gone', 'checkpoints')
  writeSettings(home, { anchors: [{ type: 'file', path: bad }] })
  await ran(home, 1)
  expect(look(home)).toMatchObject([{ sign: 'attention' }])
  // Where all of it were read, that one would be found.
  appendFileSync(home.auditLog, 'no record\n'.repeat(5_000_000))
  appendFileSync(home.auditLog, '{"event":"anchor.failed","detail":{"anchor":"file"}}\n{"torn')
  expect(look(home)).toMatchObject([{ sign: 'none', message: `configured: file ${bad}` }])
})
