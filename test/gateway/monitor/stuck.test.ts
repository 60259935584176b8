/** A rotation that was left to a person when nobody was left to tell of it: the next look does. */
import { expect, test } from 'vitest'
import { openOutbox } from '../../../src/alerts/db.ts'
import { alertsOf } from '../../../src/gateway/monitor/alerts.ts'
import { monitorDuty } from '../../../src/gateway/monitor/duty.ts'
import { lookAtAll } from '../../../src/gateway/monitor/look.ts'
import { hookAt, NOW, stage, type Stage } from '../alert/stage.ts'
import { writeJournal, type Written } from '../../rotation/written.ts'

const HOOK = { webhooks: { own: hookAt('http://127.0.0.1:1') } }

function stuckRotation(s: Stage, ref: string, environment = 'default'): void {
  rotation(s, ref, { environment, steps: ['intent', 'stuck'], reason: 'orphan-possible' })
}

function rotation(s: Stage, ref: string, parts: Partial<Written>): void {
  const at = { config: s.gateway.loaded.path, environment: 'default', ref }
  writeJournal(s.world.home, [{ ...at, from: '1', steps: [], began: NOW, ...parts }])
}

function told({ world }: Stage): unknown[] {
  const db = openOutbox(world.home)
  try {
    return db.prepare('SELECT event, ref, text, count FROM alerts').all()
  } finally {
    db.close()
  }
}

const GONE = 'the config does not have it any more as something that can be rotated'

test('a gateway’s look tells of it once, whether or not an agent is bound to its ref', async () => {
  const s = await stage(HOOK)
  stuckRotation(s, 'app-db')
  const duty = monitorDuty(s.gateway, undefined)
  await duty.run(new AbortController().signal)
  await duty.run(new AbortController().signal)
  const [first, ...more] = told(s)
  expect(first).toMatchObject({ event: 'rotation.stuck', ref: 'app-db', count: 1 })
  expect(first).toHaveProperty(
    'text',
    `the rotation of app-db cannot go on: a credential may live at the service that nobody knows, and ${GONE}`,
  )
  expect(more).toEqual([])
})

test('what was told within the hour is only counted', async () => {
  const s = await stage(HOOK)
  stuckRotation(s, 'app-db')
  for (const _ of [1, 2]) {
    await monitorDuty(s.gateway, undefined).run(new AbortController().signal)
  }
  expect(told(s)).toMatchObject([{ event: 'rotation.stuck', count: 2 }])
})

test('one of another environment is not this look’s', async () => {
  const s = await stage(HOOK, { environments: { staging: { inherit: true } } })
  stuckRotation(s, 'app-db', 'staging')
  expect(alertsOf(await lookAtAll(s.gateway, { days: 7 }), NOW)).toEqual([])
  const look = await lookAtAll(s.gateway, { days: 7, environment: 'staging' })
  expect(alertsOf(look, NOW)).toMatchObject([
    { event: 'rotation.stuck', severity: 'critical', environment: 'staging', ref: 'app-db' },
  ])
})

test('one that the config has cut off is told as that, with what to do; of one for which nothing was begun, nothing', async () => {
  const s = await stage(HOOK)
  rotation(s, 'app-db', { steps: ['intent', 'creating'] })
  rotation(s, 'other', { steps: [] })
  expect(alertsOf(await lookAtAll(s.gateway, { days: 7 }), NOW)).toMatchObject([
    {
      key: 'rotation.stuck:default:app-db',
      text: `the rotation of app-db cannot go on: ${GONE}`,
      hint: expect.stringContaining('secretref secrets rotation abandon app-db'),
    },
  ])
})
