/** Who may start whom from inside a run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { LoadedConfig } from '../../src/config/types.ts'
import { SecretRefError } from '../../src/errors.ts'
import { parentRun, requireAllowed, type Parent } from '../../src/gateway/nesting.ts'
import { startTimeOf } from '../../src/gateway/surroundings.ts'
import type { Plan } from '../../src/plan/types.ts'
import { openDatabase } from '../../src/state/db.ts'
import { recordGrants } from '../../src/state/grants.ts'
import { homeOf, type Home } from '../../src/state/home.ts'
import { recordEnd, recordStart, type RunStart } from '../../src/state/runs.ts'
import { bindingOf, grantFor } from './binding.ts'

const PARENT: Parent = {
  run: 'run-1',
  agent: 'lead',
  environment: 'default',
  config: '/somewhere/config.json',
  configHash: 'aa',
  variables: [],
}

const LOADED: LoadedConfig = {
  config: { agents: { lead: { subagents: ['child'] }, child: {}, other: {} } },
  path: PARENT.config,
  dir: '/somewhere',
  hash: PARENT.configHash,
  owner: 1000,
  found: false,
  warnings: [],
}

function planFor(agent: string, environment = 'default'): Plan {
  return { agent, environment, bindings: [], skipped: [] }
}

function refusal(work: () => void): string {
  try {
    work()
  } catch (error) {
    if (error instanceof SecretRefError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'allowed'
}

describe('requireAllowed', () => {
  test('outside of a run everything is', () => {
    expect(refusal(() => requireAllowed(LOADED, undefined, planFor('other')))).toBe('allowed')
  })

  test('inside, what the parent’s config lists', () => {
    expect(refusal(() => requireAllowed(LOADED, PARENT, planFor('child')))).toBe('allowed')
  })

  test.each<[string, LoadedConfig, Parent, Plan, string]>([
    [
      'an agent that is not listed',
      LOADED,
      PARENT,
      planFor('other'),
      'agent lead may not start agent other',
    ],
    [
      'itself, unless it is listed',
      LOADED,
      PARENT,
      planFor('lead'),
      'agent lead may not start agent lead',
    ],
    [
      'from an agent that lists none',
      LOADED,
      { ...PARENT, agent: 'child' },
      planFor('lead'),
      'agent child may not start agent lead',
    ],
    [
      'from an agent that the config no longer has',
      LOADED,
      { ...PARENT, agent: 'gone' },
      planFor('child'),
      'agent gone may not start agent child',
    ],
    [
      'by another config',
      { ...LOADED, path: '/mine.json' },
      PARENT,
      planFor('child'),
      'inside agent lead only the config that it was started with counts',
    ],
    [
      'by an edited config',
      { ...LOADED, hash: 'bb' },
      PARENT,
      planFor('child'),
      'the config was edited since agent lead was started with it',
    ],
    [
      'in another environment',
      LOADED,
      PARENT,
      planFor('child', 'production'),
      'inside agent lead only its own environment counts, which is default',
    ],
  ])('never %s', (_, loaded, parent, plan, message) => {
    expect(refusal(() => requireAllowed(loaded, parent, plan))).toBe(
      `AGENT_NOT_ALLOWED: ${message}`,
    )
  })
})

function openHome(): { home: Home; db: DatabaseSync } {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-nesting-'))
  const home = homeOf({ SECRETREF_HOME: dir })
  const db = openDatabase(home)
  onTestFinished(() => {
    db.close()
    rmSync(dir, { recursive: true })
  })
  return { home, db }
}

const RUN: RunStart = {
  id: 'run-1',
  agent: 'lead',
  environment: 'staging',
  config: '/somewhere/config.json',
  configHash: 'aa',
  parent: undefined,
  gateway: { pid: process.pid, started: startTimeOf(process.pid) },
  pid: 12_345,
  startedAt: new Date('2026-11-24T12:00:00Z'),
}

const INSIDE = { SECRETREF_RUN: RUN.id }

describe('parentRun', () => {
  test('none without SECRETREF_RUN, and no file is made to find that out', async () => {
    const home = homeOf({ SECRETREF_HOME: join(tmpdir(), 'secretref-no-such-folder', 'x') })
    expect(await parentRun({}, home)).toBeUndefined()
    expect(await parentRun({ SECRETREF_RUN: '' }, home)).toBeUndefined()
  })

  test('the run that is under way, with every variable that its agent was ever given there', async () => {
    const { home, db } = openHome()
    const grant = grantFor(bindingOf({ agent: 'lead' }), { environment: 'staging' })
    const elsewhere = { ...grant, config: '/other.json', envVar: 'NOT_THIS' }
    recordGrants(db, [grant, { ...grant, envVar: 'RENAMED' }, elsewhere])
    recordStart(db, RUN)
    expect(await parentRun(INSIDE, home)).toEqual({
      run: 'run-1',
      agent: 'lead',
      environment: 'staging',
      config: '/somewhere/config.json',
      configHash: 'aa',
      variables: ['RENAMED', 'STRIPE_API_KEY'],
    })
  })

  test('its row may come a moment later', async () => {
    const { home, db } = openHome()
    const parent = parentRun(INSIDE, home)
    await new Promise((resolve) => setTimeout(resolve, 60))
    recordStart(db, RUN)
    expect(await parent).toMatchObject({ run: 'run-1' })
  })

  test.each<[string, (db: DatabaseSync) => void]>([
    ['that nobody knows', () => {}],
    [
      'that has ended',
      (db) => {
        recordStart(db, RUN)
        recordEnd(db, RUN.id, { code: 0 }, new Date())
      },
    ],
    [
      'whose gateway was killed',
      (db) => recordStart(db, { ...RUN, gateway: { pid: 2 ** 22 + 1, started: '1' } }),
    ],
    [
      'whose gateway’s pid now belongs to another process',
      (db) => recordStart(db, { ...RUN, gateway: { pid: process.pid, started: '1' } }),
    ],
  ])('a run %s is refused', async (_, prepare) => {
    const { home, db } = openHome()
    prepare(db)
    await expect(parentRun(INSIDE, home)).rejects.toMatchObject({
      code: 'AGENT_NOT_ALLOWED',
      message: expect.stringContaining('a run that is not under way'),
    })
  })
})
