/** The built-in agent is judged like any other, and is none that could be started. */
import { expect, test } from 'vitest'
import { withheldOf } from '../../../src/config/accessors.ts'
import { MONITOR } from '../../../src/config/monitor.ts'
import { planAll } from '../../../src/gateway/audit/plans.ts'
import { planner } from '../../../src/plan/plan.ts'
import { unusedOf } from '../../../src/plan/unused.ts'
import { matchesVariable } from '../../../src/config/variables.ts'
import { NOW, SLACK, stage } from './stage.ts'

const REFS = { 'ops/slack': { provider: 'file' }, forgotten: { provider: 'file' } }
const REST = {
  agents: { a: {} },
  openclaw: { gateway: { secrets: { refMap: REFS } } },
}

test('a ref that only alerts use is not unused', async () => {
  const { config } = (await stage({ slack: SLACK }, REST)).gateway.loaded
  const input = { config, configDir: '/', userHome: '/', asked: undefined, now: NOW }
  const { uses, plans } = planAll(input)
  const { refs } = unusedOf({
    refs: Object.keys(REFS),
    uses,
    others: [],
    stores: [],
    files: new Map(),
  })
  expect(refs.map(({ ref }) => ref)).toEqual(['forgotten'])
  const [fact] = plans.flatMap(({ bindings }) => bindings)
  expect(fact).toMatchObject({
    at: ['alerts', 'slack', 'token'],
    binding: { agent: MONITOR, ref: 'ops/slack', target: 'slack-bot-token' },
    decision: { allow: true },
  })
})

test('it is planned only where it is named, and never started', async () => {
  const { gateway } = await stage({ slack: SLACK }, REST)
  const { config } = gateway.loaded
  const plans = planner({ config, configDir: '/', userHome: '/' })
  expect(plans.agents).toEqual(['a'])
  expect(plans.holders).toEqual(['a', MONITOR])
  expect(plans.plan({}).agent).toBe('a')
  expect(plans.plan({ agent: MONITOR }).bindings).toHaveLength(1)
  expect(() => gateway.programOf(MONITOR, ['/bin/true'])).toThrow('is built in and runs no command')
})

test('what an env provider reads for it reaches no agent', async () => {
  const { config } = (
    await stage(
      { slack: SLACK },
      {
        agents: { a: {} },
        openclaw: { gateway: { secrets: { 'active-provider': 'env' } } },
      },
    )
  ).gateway.loaded
  const { names } = withheldOf(config)
  expect([...names].some((name) => matchesVariable(name, 'OPS_SLACK'))).toBe(true)
})
