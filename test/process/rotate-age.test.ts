/** `every` where no store says how old a value is: it counts from when it was first seen, or rotated. */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { makeWorld, run, type Ended, type World } from './support.ts'

const REF = 'hook-secret'
const DAY_MS = 86_400_000
const DAY = /\d{4}-\d{2}-\d{2}/.source

/** A plain string in a secrets file: it has no date. */
function world(): World {
  return makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      agents: { a: { 'tool-bindings': { t: { credentials: { c: { secretRef: REF } } } } } },
      openclaw: {
        gateway: {
          secrets: {
            refMap: {
              [REF]: {
                provider: 'file',
                rotate: { driver: 'generate', every: '90d', grace: '1s' },
              },
            },
          },
        },
      },
    },
    secrets: { [REF]: ['fake', 'plain', 'string'].join('-') },
  })
}

const ask = (w: World, ...words: string[]): Promise<Ended> =>
  run(w, [...words, '--config', w.config])

function seenDaysAgo(w: World, days: number): void {
  const db = new DatabaseSync(w.home.rotations)
  const { changes } = db
    .prepare('UPDATE seen SET at = ?')
    .run(new Date(Date.now() - days * DAY_MS).toISOString())
  db.close()
  expect(changes).toBe(1)
}

test('it comes due: first seen by a run, then by our own rotation; a dry run begins nothing', async () => {
  const w = world()
  const dry = await ask(w, 'secrets', 'rotate', '--dry-run')
  expect(dry.out).toContain('not due: nobody says how old it is')
  expect(existsSync(w.home.rotations)).toBe(false)

  const first = await ask(w, 'secrets', 'rotate')
  expect(first.out).toMatch(new RegExp(`not due before ${DAY} \\(first seen ${DAY}; `))
  seenDaysAgo(w, 91)
  const late = await ask(w, 'gateway', 'audit', '--secrets', '--json')
  expect(late.out, late.err).toContain('rotation-overdue')

  const due = await ask(w, 'secrets', 'rotate')
  expect(due).toMatchObject({ code: 0, out: expect.stringContaining(`${REF}: rotated`) })
  const next = await ask(w, 'secrets', 'rotate', '--json')
  expect(JSON.parse(next.out)).toMatchObject({ refs: [{ due: 'later', sinceBy: 'rotation' }] })
}, 30_000)
