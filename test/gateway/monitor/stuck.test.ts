/** A rotation that was left to a person when nobody was left to tell of it: the next look does. */
import { expect, test } from 'vitest'
import { openOutbox } from '../../../src/alerts/db.ts'
import { alertsOf } from '../../../src/gateway/monitor/alerts.ts'
import { monitorDuty } from '../../../src/gateway/monitor/duty.ts'
import { lookAtAll } from '../../../src/gateway/monitor/look.ts'
import { hookAt, NOW, stage, type Stage } from '../alert/stage.ts'
import { writeJournal } from '../../rotation/written.ts'

const HOOK = { webhooks: { own: hookAt('http://127.0.0.1:1') } }

function stuckRotation(s: Stage, ref: string, environment = 'default'): void {
  writeJournal(s.world.home, [
    {
      config: s.gateway.loaded.path,
      environment,
      ref,
      from: '1',
      steps: ['intent', 'stuck'],
      reason: 'orphan-possible',
      began: NOW,
    },
  ])
}

function told({ world }: Stage): unknown[] {
  const db = openOutbox(world.home)
  try {
    return db.prepare('SELECT event, ref, text, count FROM alerts').all()
  } finally {
    db.close()
  }
}

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
    'the rotation of app-db is stuck: a credential may live at the service that nobody knows',
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
