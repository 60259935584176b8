import { expect, test } from 'vitest'
import { lastRunsOf } from '../../src/state/last-runs.ts'
import { recordEnd, recordStart, type RunStart } from '../../src/state/runs.ts'
import { openState } from './folder.ts'

const day = (n: number): Date => new Date(Date.UTC(2026, 0, n))
const CONFIG = '/somewhere/config.json'

function runOf(id: string, agent: string, startedAt: Date, config = CONFIG): RunStart {
  return {
    id,
    agent,
    environment: 'default',
    config,
    configHash: 'aa',
    parent: undefined,
    gateway: { pid: 4711, started: '123456' },
    pid: 4712,
    startedAt,
  }
}

test('the last end of each agent of this config, a start where no end is known, and who is open', () => {
  const db = openState()
  recordStart(db, runOf('1', 'a', day(1)))
  recordEnd(db, '1', { code: 0 }, day(9))
  recordStart(db, runOf('2', 'a', day(3)))
  recordEnd(db, '2', { code: 0 }, day(4))
  recordStart(db, runOf('3', 'b', day(2)))
  recordStart(db, runOf('4', 'c', day(20), '/another/config.json'))
  const { last, open } = lastRunsOf(db, CONFIG)
  expect([...last]).toEqual([
    ['a', day(9).toISOString()],
    ['b', day(2).toISOString()],
  ])
  expect(open).toEqual([{ agent: 'b', gateway: { pid: 4711, started: '123456' } }])
})

test('nothing where nothing ran', () => {
  expect(lastRunsOf(openState(), CONFIG)).toEqual({ last: new Map(), open: [] })
})
