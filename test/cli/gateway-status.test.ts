import { describe, expect, test } from 'vitest'
import { gatewayStatus } from '../../src/cli/gateway-status.ts'
import { width } from '../../src/cli/table.ts'
import { nodeAt } from '../../src/config/node.ts'
import { routeOf } from '../../src/gateway/status.ts'
import { planAgent } from '../../src/plan/plan.ts'
import { recordCredentials } from '../../src/state/credentials.ts'
import { recordGrants, type GrantRow } from '../../src/state/grants.ts'
import { load } from '../config/helpers.ts'
import { openState } from '../state/folder.ts'
import { recorded, type Recorded } from './recorded.ts'

const LONG = 'finance-analyst-of-the-east-asian-subsidiary'

const nameOf = (i: number): string => (i % 7 === 3 ? `${LONG}-${i}` : `agent-${i}`)

const tool = (secretRef: string): object => ({ credentials: { apiKey: { secretRef } } })

/** Each agent has a key of its own and one that all share; the last one has none. */
function fleet(count: number): string {
  return JSON.stringify({
    agents: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        nameOf(i),
        i === count - 1
          ? {}
          : {
              name: '財務分析 🏦',
              'tool-bindings': { slack: tool('slack'), own: tool(`own-${i}`) },
            },
      ]),
    ),
    secrets: { providers: { file: {} } },
  })
}

/** The status of a fleet of which `change` says what happened; left out: a run received everything. */
async function statusOf(
  count: number,
  change: (agent: number, slot: 'slack' | 'own') => Partial<GrantRow> | undefined = () => ({}),
  options: Parameters<typeof gatewayStatus>[1] = { all: true },
): Promise<Recorded> {
  const text = fleet(count)
  const io = recorded(text)
  io.signs = true
  const { config } = await load(text)
  const rows: GrantRow[] = []
  for (let i = 0; i < count; i++) {
    const where = { config, configDir: io.cwd, userHome: '/home/me', agent: nameOf(i) }
    for (const binding of planAgent(where).bindings) {
      const changed = change(i, binding.tool === 'slack' ? 'slack' : 'own')
      if (changed === undefined) continue
      rows.push({
        config: `${io.cwd}/secretref.json`,
        agent: binding.agent,
        envVar: binding.envVar,
        tool: binding.tool,
        ref: binding.ref,
        environment: 'default',
        outcome: 'injected',
        run: 'run',
        at: '2026-03-01T00:00:00.000Z',
        route: routeOf(binding),
        ...changed,
      })
    }
  }
  recordGrants(openState(io.home), rows)
  expect(
    await gatewayStatus(io, { secrets: true, config: `${io.cwd}/secretref.json`, ...options }),
  ).toBe(0)
  return io
}

describe('up to twenty agents', () => {
  test('have a line for each binding, as the article writes it', async () => {
    const { stdout, stderr } = await statusOf(20, () => ({ expiresAt: '2027-03-08T04:12:00Z' }))
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /^agent-0\n {2}✅ SLACK: injected \(valid until 2027-03-08\)\n {2}✅ OWN_0: injected \(valid until 2027-03-08\)\nagent-1\n/,
    )
    expect(stdout.match(/✅/g)).toHaveLength(38)
    expect(stdout).toMatch(/\nagent-19\n {2}no credentials\n$/)
  })
})

describe('a fleet', () => {
  test('says first what needs attention, then counts', async () => {
    const { stdout, stderr } = await statusOf(500, (i, slot) => {
      if (slot === 'own') return i === 42 ? { route: 'another' } : i === 43 ? undefined : {}
      if (i < 12) return { outcome: 'denied', code: 'PROVIDER_DENIED' }
      if (i === 12) return { outcome: 'denied', code: 'SECRET_NOT_FOUND' }
      if (i === 20) return { expiresAt: '2026-03-10' }
      if (i === 21) return { expiresAt: '2026-03-09' }
      if (i === 22) return { expiresAt: '2026-03-01' }
      return i === 23 ? { outcome: 'ready' } : {}
    })
    expect(stdout).toBe(`\
500 agents, 998 bindings, 1 agent without any

❌ 13 bindings of 13 agents: denied
  ❌ SLACK: denied (PROVIDER_DENIED)
    slack for 12 agents: agent-0, agent-1, agent-2 and 9 more
  ❌ SLACK: denied (SECRET_NOT_FOUND)
    slack for agent-12
❌ 1 binding of 1 agent: expired
  ❌ SLACK: injected (expired on 2026-03-01)
    slack for agent-22
⚠️ 2 bindings of 2 agents: expiring
  ⚠️ SLACK: injected (expires in 1 day, 2026-03-09)
    slack for agent-21
  ⚠️ SLACK: injected (expires in 2 days, 2026-03-10)
    slack for agent-20
⚠️ 1 binding of 1 agent: stale
  ⚠️ OWN_42: stale (injected before the config changed)
    own-42 for agent-42

✅ 979 bindings of 499 agents: injected
✅ 1 binding of 1 agent: ready
⚪ 1 binding of 1 agent: never injected

provider  bindings  attention  well  never injected
file      998       17         980   1
`)
    expect(stderr).toBe('hint: --agent NAME shows every line of one agent, --json those of all\n')
  })

  test('of which all is well is a few lines', async () => {
    const { stdout } = await statusOf(500)
    expect(stdout).toBe(`\
500 agents, 998 bindings, 1 agent without any

✅ 998 bindings of 499 agents: injected

provider  bindings  attention  well  never injected
file      998       0          998   0
`)
  })

  test('that nobody ever started, without a state', async () => {
    const io = recorded(fleet(21))
    expect(await gatewayStatus(io, { secrets: true, config: `${io.cwd}/secretref.json` })).toBe(0)
    expect(io.stdout).toContain('\n[none] 40 bindings of 20 agents: never injected\n')
  })

  test('of which everything fails differently stays short, and within 80 columns', async () => {
    const { stdout } = await statusOf(200, () => ({ outcome: 'denied', code: 'PROVIDER_DENIED' }))
    expect(stdout).toContain('❌ 398 bindings of 199 agents: denied\n  ❌ SLACK: denied')
    expect(stdout).toContain('\n  and 190 more lines like these\n')
    const lines = stdout.split('\n')
    expect(lines.length).toBeLessThan(40)
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(80)
    // As many names as fit.
    const who = lines.find((line) => line.startsWith('    slack for 199 agents: ')) ?? ''
    expect(who.length).toBeGreaterThan(60)
  })

  test('one agent of it has a line for each binding', async () => {
    const { stdout } = await statusOf(500, undefined, { agent: 'agent-8' })
    expect(stdout).toBe('✅ SLACK: injected (no expiry)\n✅ OWN_8: injected (no expiry)\n')
  })

  test('for programs: every binding, with what it is for', async () => {
    const { stdout, stderr } = await statusOf(500, undefined, { all: true, json: true })
    expect(stderr).toBe('')
    const report: unknown = JSON.parse(stdout)
    expect(nodeAt(report, ['agents'])).toHaveLength(500)
    expect(nodeAt(report, ['agents', 8, 'lines', 1])).toMatchObject({
      agent: 'agent-8',
      envVar: 'OWN_8',
      ref: 'own-8',
      target: 'own',
      provider: 'file',
      state: 'injected',
    })
  })
})

test.each([3, 40])(
  'of %d agents: what a service rejected is not among what is well',
  async (count) => {
    const fingerprint = `hmac-sha256:${'0a'.repeat(16)}`
    const { stdout, home, cwd, ...io } = await statusOf(count, (_, slot) =>
      slot === 'slack' ? { fingerprint } : {},
    )
    expect(stdout).not.toContain('rejected')
    const db = openState(home)
    recordCredentials(db, [
      {
        config: `${cwd}/secretref.json`,
        environment: 'default',
        ref: 'slack',
        target: 'slack-bot-token',
        fingerprint,
        verdict: 'rejected',
        at: '2026-03-07T00:00:00.000Z',
      },
    ])
    let out = ''
    await gatewayStatus(
      { ...io, home, cwd, out: (text) => void (out += text) },
      { secrets: true, all: true, config: `${cwd}/secretref.json` },
    )
    expect(out).toContain('❌ SLACK: rejected by slack-bot-token (2026-03-07)\n')
    if (count > 20) expect(out).toContain('❌ 39 bindings of 39 agents: rejected\n')
  },
)
