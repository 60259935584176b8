import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openOutbox, outboxAt } from '../../../src/alerts/db.ts'
import { settleAlerts } from '../../../src/gateway/alert/duty.ts'
import { raiseAlert } from '../../../src/gateway/alert/raise.ts'
import { ALERT, hookAt, receiver, SLACK, stage, type Stage } from './stage.ts'

const HOOK = { webhooks: { own: hookAt('http://127.0.0.1:1') } }

/** Channels of what waits in the outbox. */
function waiting({ world }: Stage): unknown[] {
  const db = openOutbox(world.home)
  try {
    return db.prepare('SELECT channel FROM deliveries ORDER BY channel').all()
  } finally {
    db.close()
  }
}

describe('an alert that is raised', () => {
  test('is on record and in the outbox, for those whom the routes name', async () => {
    const s = await stage({ ...HOOK, slack: SLACK, routes: [{ to: ['#on-call'] }] })
    await raiseAlert(s.gateway, ALERT)
    expect(waiting(s)).toEqual([{ channel: 'slack:#on-call' }])
    expect(statSync(outboxAt(s.world.home)).mode & 0o777).toBe(0o600)
    expect(s.records()).toMatchObject([
      {
        event: 'alert.raised',
        reason: 'credential.expiring',
        agent: 'payment-analyst',
        ref: 'stripe-api-key',
        environment: 'default',
        detail: { severity: 'warning' },
      },
    ])
  })

  test('may go elsewhere once', async () => {
    const s = await stage({ ...HOOK, slack: SLACK })
    await raiseAlert(s.gateway, ALERT, ['slack:#finance-alerts'])
    expect(waiting(s)).toEqual([{ channel: 'slack:#finance-alerts' }])
  })

  test('for nobody leaves no file', async () => {
    const s = await stage({ ...HOOK, routes: [{ severity: 'critical', to: ['webhook:own'] }] })
    await raiseAlert(s.gateway, ALERT)
    expect(statSync(outboxAt(s.world.home), { throwIfNoEntry: false })).toBeUndefined()
    expect(s.records()).toHaveLength(1)
  })
})

describe('where another process holds the outbox', () => {
  test('and lets go: the alert is kept, and everything else goes on meanwhile', async () => {
    const s = await stage(HOOK)
    const holds = openOutbox(s.world.home)
    onTestFinished(() => holds.close())
    holds.exec('BEGIN IMMEDIATE')
    setTimeout(() => holds.exec('COMMIT'), 100)
    await raiseAlert(s.gateway, ALERT)
    expect(s.said).toEqual([])
    expect(waiting(s)).toHaveLength(1)
  })

  test('whoever sends does not stop either', async () => {
    const own = await receiver()
    const s = await stage({ webhooks: { own: hookAt(own.url) } })
    await raiseAlert(s.gateway, ALERT)
    const holds = openOutbox(s.world.home)
    onTestFinished(() => holds.close())
    holds.exec('BEGIN IMMEDIATE')
    setTimeout(() => holds.exec('COMMIT'), 100)
    expect(await s.flush()).toMatchObject({ sent: 1 })
  })

  test('for good, as one that was stopped: it is said and on record, and soon', async () => {
    const s = await stage(HOOK)
    const holds = openOutbox(s.world.home)
    onTestFinished(() => holds.close())
    holds.exec('BEGIN IMMEDIATE')
    await raiseAlert(s.gateway, ALERT)
    expect(s.said[0]).toContain('alerts.db could not be read or written: another process holds it')
    expect(s.records().at(-1)).toMatchObject({ event: 'alert.failed', reason: 'outbox' })
  }, 4000)
})

describe('where the outbox cannot be used', () => {
  test.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['no database', (path: string) => writeFileSync(path, 'x'.repeat(5000), { mode: 0o600 })],
  ])('%s: that is on record and said, and stops nothing', async (_, spoil) => {
    const s = await stage(HOOK)
    const path = outboxAt(s.world.home)
    spoil(path)
    await raiseAlert(s.gateway, ALERT)
    expect(s.records()).toMatchObject([
      { event: 'alert.raised' },
      {
        event: 'alert.failed',
        reason: 'outbox',
        code: 'STATE_UNAVAILABLE',
        agent: 'payment-analyst',
        ref: 'stripe-api-key',
        environment: 'default',
        detail: { alert: 'credential.expiring', state: 'given-up' },
      },
    ])
    expect(s.said).toHaveLength(2)
    expect(s.said[0]).toMatch(
      /^an alert is sent to nobody \(credential\.expiring of stripe-api-key\): .*alerts\.db /,
    )
    expect(s.said[1]).toMatch(/delete it: |move it away/)
    const said: string[] = []
    await settleAlerts(s.gateway, (_level, sentence) => void said.push(sentence))
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(/^alerts are not sent: .*alerts\.db /)
    rmSync(path, { recursive: true })
    await raiseAlert(s.gateway, ALERT)
    expect(waiting(s)).toHaveLength(1)
  })
})
