/** An archive while processes write, and the command line of it. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { archiveLog } from '../../src/audit/archive.ts'
import { verifyChain } from '../../src/audit/verify.ts'
import { readLines } from '../../src/audit/read.ts'
import type { Home } from '../../src/state/home.ts'
import { entry, recordsIn, tempHome, verify, writeLog } from '../audit/home.ts'
import { CLI } from './support.ts'

const WRITER = join(import.meta.dirname, 'audit-writer.ts')

function archivesOf({ dir }: Home): string[] {
  return readdirSync(dir).filter((name) => /^audit\.log\.\d{8}T\d{9}Z$/.test(name))
}

test('four processes go on through an archive: nothing lost, nothing twice, both chains whole', async () => {
  const home = tempHome()
  await writeLog(home, 1)
  const children = ['a', 'b', 'c', 'd'].map((name) => {
    const child = spawn(process.execPath, [WRITER, name, '2', '150'], {
      env: { SECRETREF_HOME: home.dir, WAIT: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    return { child, ready: once(child.stdout, 'readable'), said: text(child.stdout) }
  })
  await Promise.all(children.map(({ ready }) => ready))
  for (const { child } of children) child.stdin.end()
  while (recordsIn(home).length < 300) await setTimeout(1)
  await archiveLog(home, entry().actor, new Date())
  const said = (await Promise.all(children.map((one) => one.said))).join('')

  expect(said).not.toMatch(/AUDIT_/)
  const acks = Array.from(said.matchAll(/^ack (\S+) /gm), ([, name]) => name)
  expect(acks).toHaveLength(4 * 2 * 150)
  const archives = archivesOf(home)
  expect(archives).toHaveLength(1)
  const auditLog = join(home.dir, archives.join())
  const before = recordsIn({ ...home, auditLog })
  const after = recordsIn(home)
  const written = [...before, ...after].flatMap(({ reason }) => reason ?? [])
  expect(written).toHaveLength(acks.length)
  expect(new Set(written)).toEqual(new Set(acks))
  // Both logs have a part of it: else this test shows nothing.
  expect(before.length).toBeGreaterThanOrEqual(300)
  expect(after.length).toBeGreaterThan(100)
  expect(verifyChain(readLines(auditLog), undefined).bad).toBeUndefined()
  expect(verify(home)).toMatchObject({ records: after.length, acknowledged: after.length })
}, 60_000)

test('the command line: archive, verify and show a file, strict; an agent may not', async () => {
  const home = tempHome()
  await writeLog(home, 3)
  const log = (args: string[], env = {}): { status: number | null; out: string; err: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'log', ...args], {
      env: { SECRETREF_HOME: home.dir, HOME: home.dir, ...env },
      cwd: home.dir,
      encoding: 'utf8',
    })
    return { status, out: stdout, err: stderr }
  }
  expect(log(['verify', '--strict'])).toMatchObject({ status: 0, err: '' })
  const refused = log(['archive', '--yes'], { SECRETREF_RUN: 'r-1' })
  expect(refused.status).not.toBe(0)
  expect(refused.err).toContain('an agent may not archive the audit log [AGENT_NOT_ALLOWED]')
  expect(archivesOf(home)).toEqual([])

  expect(log(['archive', '--yes'])).toMatchObject({ status: 0, err: '' })
  const [archive = ''] = archivesOf(home)
  expect(log(['verify', archive]).out).toMatch(/^ok: 4 records, the chain is whole\n/)
  expect(JSON.parse(log(['show', archive, '--json']).out).records).toHaveLength(4)
  expect(log(['verify'])).toMatchObject({ status: 0, err: '' })
  const strict = log(['verify', '--strict', '--json'])
  expect(strict.status).toBe(1)
  const { ok, notes } = JSON.parse(strict.out)
  expect(ok).toBe(false)
  expect(notes[0]).toMatchObject({ kind: 'archived', seq: 1 })

  for (const name of readdirSync(home.dir)) {
    if (name.startsWith('audit.lock')) rmSync(join(home.dir, name))
  }
  await writeLog(home, 1)
  expect(log(['verify']).out).toContain('note: record 2: the lock file was missing at this start')
}, 30_000)
