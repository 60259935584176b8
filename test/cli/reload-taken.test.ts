/** What a reload takes from an agent that runs: as what its provider revokes. */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { describeOnLinux, isAlive, until } from '../process/support.ts'
import { endsOf, needs, pidOf, says, serving, stays, type Stage } from './reloading.ts'

const other = { u: { credentials: { l: { secretRef: 'l', envVar: 'L' } } } }

/** The config gives `agent` no `k` any more. */
async function take(stage: Stage, agent = 'a'): Promise<void> {
  stage.edit(({ agents }) => Object.assign(agents[agent] ?? {}, { 'tool-bindings': other }))
  expect(await stage.reloader.reload('asked')).toMatchObject({ ok: true, changed: [agent] })
}

function of(stage: Stage, event: AuditRecord['event']): AuditRecord[] {
  return stage.records().filter((record) => record.event === event)
}

describeOnLinux('a grant that a reload takes from a running agent', () => {
  test('required: it is stopped, on record before, and started again without it', async () => {
    const command = says('has <$K$L>')
    const stage = await serving({ a: stays('a', { command }), b: stays('b') })
    await stage.run('a', 'b')
    await stage.sees(/^b \d+/m)
    await stage.sees(/has <fake-value-k>/)
    await take(stage)
    await stage.sees(/has <fake-value-l>/)
    expect(isAlive(pidOf(stage, 'has <fake-value-k>'))).toBe(false)
    expect(isAlive(pidOf(stage, 'b'))).toBe(true)
    expect(endsOf(stage, 'a')).toEqual([[{ signal: 'SIGTERM' }, 'config-reloaded']])
    const [revoked] = of(stage, 'grant.revoked')
    expect(revoked).toMatchObject({
      agent: 'a',
      ref: 'k',
      code: 'REF_NOT_BOUND',
      reason: 'not-bound',
      secret: { fingerprint: expect.any(String) },
    })
    // In one go with the reload itself: where that cannot be recorded, nothing is taken.
    expect(revoked?.seq).toBe((of(stage, 'config.reloaded')[0]?.seq ?? 0) + 1)
    expect(stage.io.stderr).toMatch(
      /a: K: revoked: the config no longer binds "k" to agent "a" \[REF_NOT_BOUND\]/,
    )
    expect(stage.io.stderr).toContain(
      'a: it requires what the config takes from it, and is started again without it\n',
    )
  })

  test('required, and never restarted: it is stopped', async () => {
    const stage = await serving({ a: stays('a', { restart: 'never' }), b: stays('b') })
    await stage.run('a')
    await take(stage)
    await until('stopped', () => endsOf(stage, 'a').length > 0)
    await until('said', () => stage.io.stderr.includes('a: was ended by SIGTERM'))
    expect(stage.io.stderr).toContain('it requires what the config takes from it, and is stopped\n')
    expect(of(stage, 'run.started').filter(({ agent }) => agent === 'a')).toHaveLength(1)
  })

  test('a capability too', async () => {
    const stage = await serving({ a: stays('a', { restart: 'never' }) })
    await stage.run('a')
    stage.edit(({ agents }) => Object.assign(agents['a'] ?? {}, { capabilities: ['u'] }))
    expect(await stage.reloader.reload('asked')).toMatchObject({ ok: true })
    await until('stopped', () => endsOf(stage, 'a').length > 0)
    expect(of(stage, 'grant.revoked')).toMatchObject([{ ref: 'k', code: 'CAPABILITY_MISSING' }])
  })

  test('optional, a file: it goes, the agent is told and goes on, and no re-read brings it back', async () => {
    const told =
      'trap "echo told >>seen" HUP; echo "file $K_FILE $$" >>seen; while :; do sleep 0.05; done'
    const bindings = {
      ...needs({ K: { secretRef: 'k', delivery: 'file' } }, false),
      u: { credentials: { l: { secretRef: 'l', envVar: 'L' } } },
    }
    const stage = await serving({
      a: {
        command: ['/bin/sh', '-c', told],
        'tool-bindings': bindings,
        onChange: 'signal:HUP',
        refreshEvery: '1s',
      },
    })
    await stage.run('a')
    await stage.sees(/file \S+ \d+/)
    const [, file = '', pid] = /file (\S+) (\d+)/.exec(stage.seen()) ?? []
    expect(existsSync(file)).toBe(true)
    await take(stage)
    expect(existsSync(file)).toBe(false)
    await stage.sees(/told/)
    const intents = (): AuditRecord[] =>
      of(stage, 'grant.intent').filter(({ detail }) => detail?.['purpose'] === 'refresh')
    const [revoked] = of(stage, 'grant.revoked')
    await until('read again twice', () => intents().filter(({ ref }) => ref === 'l').length > 1)
    expect(intents().filter(({ ref, seq }) => ref === 'k' && seq > (revoked?.seq ?? 0))).toEqual([])
    expect(existsSync(file)).toBe(false)
    expect(isAlive(Number(pid))).toBe(true)
    expect(endsOf(stage, 'a')).toEqual([])
  })

  test('optional, a variable: that it is kept until the end is said, once for all reloads', async () => {
    const bindings = { ...needs({ K: 'k' }, false), ...other }
    const stage = await serving({ a: stays('a', { 'tool-bindings': bindings }) })
    await stage.run('a')
    await take(stage)
    stage.edit(({ agents }) => (agents['b'] = stays('b')))
    expect(await stage.reloader.reload('asked')).toMatchObject({ added: ['b'], changed: [] })
    const kept = 'a: K: it was delivered as a variable, which the agent keeps until it ends'
    expect(stage.io.stderr.split(kept)).toHaveLength(2)
    expect(of(stage, 'grant.revoked')).toHaveLength(1)
    expect(endsOf(stage, 'a')).toEqual([])
  })

  test('not where the ref only moves to another variable', async () => {
    const stage = await serving({ a: stays('a') })
    await stage.run('a')
    stage.edit(({ agents }) =>
      Object.assign(agents['a'] ?? {}, { 'tool-bindings': needs({ OTHER: 'k' }) }),
    )
    expect(await stage.reloader.reload('asked')).toMatchObject({ changed: ['a'] })
    expect(of(stage, 'grant.revoked')).toEqual([])
    await stage.sees(/^a \d+/m)
    expect(isAlive(pidOf(stage, 'a'))).toBe(true)
  })
})
