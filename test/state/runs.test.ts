/** Runs, and who serves an agent. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import {
  claimAgent,
  findRun,
  recordEnd,
  recordStart,
  releaseAgent,
  type RunStart,
} from '../../src/state/runs.ts'
import { openState, tempHome } from './folder.ts'

const alive = (): boolean => true
const dead = (): boolean => false

const RUN: RunStart = {
  id: 'run-1',
  agent: 'a',
  environment: 'production',
  config: '/somewhere/config.json',
  configHash: 'aa',
  parent: 'run-0',
  gateway: { pid: 4711, started: '123456' },
  pid: 4712,
  startedAt: new Date('2026-11-24T12:00:00Z'),
}

const day = (n: number): Date => new Date(Date.UTC(2026, 0, 1 + n))

describe('runs', () => {
  test('are found while they go on and after their end', () => {
    const db = openState()
    expect(findRun(db, RUN.id)).toBeUndefined()
    recordStart(db, RUN)
    const found = {
      id: 'run-1',
      agent: 'a',
      environment: 'production',
      config: '/somewhere/config.json',
      configHash: 'aa',
      gateway: { pid: 4711, started: '123456' },
    }
    expect(findRun(db, RUN.id)).toEqual({ ...found, ended: false })
    recordEnd(db, RUN.id, { signal: 'SIGTERM' }, new Date('2026-11-24T12:00:01Z'))
    expect(findRun(db, RUN.id)).toEqual({ ...found, ended: true })
    expect(db.prepare('SELECT ended_at, exit_code, exit_signal, parent FROM runs').get()).toEqual({
      ended_at: '2026-11-24T12:00:01.000Z',
      exit_code: null,
      exit_signal: 'SIGTERM',
      parent: 'run-0',
    })
  })

  test('that ended more than 90 days ago go, some hundred at each start, never an agent’s last', () => {
    const db = openState()
    const ids = (): unknown[] =>
      db
        .prepare('SELECT id FROM runs ORDER BY id')
        .all()
        .map(({ id }) => id)
    recordStart(db, { ...RUN, id: 'idle', agent: 'idle', startedAt: day(0) })
    recordEnd(db, 'idle', { code: 0 }, day(0))
    recordStart(db, { ...RUN, id: 'endless', startedAt: day(0) })
    for (const [id, n] of [
      ['old', 1],
      ['young', 11],
    ] as const) {
      recordStart(db, { ...RUN, id, startedAt: day(n) })
      recordEnd(db, id, { code: 0 }, day(n))
    }
    recordStart(db, { ...RUN, id: 'now', startedAt: day(100) })
    expect(ids()).toEqual(['endless', 'idle', 'now', 'young'])

    const insert = db.prepare(
      `INSERT INTO runs (id, agent, environment, config, config_hash, gateway_pid, started_at, ended_at)
       VALUES (?, 'a', 'e', '${RUN.config}', '', 1, ?, ?)`,
    )
    const before = day(2).toISOString()
    for (let i = 0; i < 250; i++) insert.run(`many-${i}`, before, before)
    recordStart(db, { ...RUN, id: 'then', startedAt: day(100) })
    expect(ids().filter((id) => String(id).startsWith('many'))).toHaveLength(50)
  })

  test('a run is recorded once', () => {
    const db = openState()
    recordStart(db, RUN)
    expect(() => recordStart(db, RUN)).toThrow(/could not be read or written/)
  })
})

describe('claims', () => {
  const key = { config: '/somewhere/config.json', agent: 'a' }
  const me = { pid: 1, started: '10' }
  const you = { pid: 2, started: '20' }

  test('an agent is served once, and the holder is named', () => {
    const db = openState()
    expect(claimAgent(db, key, me, alive)).toBeUndefined()
    expect(claimAgent(db, key, you, alive)).toBe(1)
    expect(claimAgent(db, { ...key, agent: 'b' }, you, alive)).toBeUndefined()
    // An agent of the same name in another project.
    expect(claimAgent(db, { ...key, config: '/other.json' }, you, alive)).toBeUndefined()
  })

  test('the claim of a dead gateway is taken over; the question is asked with its start time', () => {
    const db = openState()
    claimAgent(db, key, me, alive)
    const asked: unknown[] = []
    const answer = claimAgent(db, key, you, (holder) => {
      asked.push(holder)
      return false
    })
    expect([answer, asked]).toEqual([undefined, [me]])
    expect(claimAgent(db, key, me, alive)).toBe(2)
  })

  test('only its own claim is given back', () => {
    const db = openState()
    claimAgent(db, key, me, alive)
    releaseAgent(db, key, you.pid)
    expect(claimAgent(db, key, you, alive)).toBe(1)
    releaseAgent(db, key, me.pid)
    expect(claimAgent(db, key, you, alive)).toBeUndefined()
    expect(claimAgent(db, key, me, dead)).toBeUndefined()
  })

  test('of eight processes that open a new file and claim at once, one has it', async () => {
    const home = tempHome()
    const claimers = Array.from({ length: 8 }, () => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'claimer.ts')], {
        env: { SECRETREF_HOME: home.dir },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      return { child, said: text(child.stdout), spoke: once(child.stdout, 'readable') }
    })
    await Promise.all(claimers.map(({ spoke }) => spoke))
    for (const { child } of claimers) child.stdin.end()
    const said = await Promise.all(claimers.map((claimer) => claimer.said))
    const winners = claimers.filter((_, i) => said[i] === 'claimed\n')
    expect(winners).toHaveLength(1)
    const loser = `taken ${winners[0]?.child.pid}\n`
    expect(said.filter((line) => line === loser)).toHaveLength(7)
  })
})
