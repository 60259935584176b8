import { describe, expect, test } from 'vitest'
import { complaints, load, refusal, withSlots } from '../helpers.ts'

describe('names of agents agree', () => {
  test('one id in agent and in agents', async () => {
    const config = { agent: { id: 'a' }, agents: { a: {}, b: {} } }
    expect(await complaints(config)).toEqual([
      'CONFIG_INVALID agent.id: agents holds an agent of this id too',
    ])
  })

  test('a subagent must be an agent; agent and agents both count', async () => {
    await load({
      agent: { id: 'one', subagents: ['two'] },
      agents: { two: { subagents: ['one'] } },
    })
    const { problems } = await refusal({
      agents: { 'payment-analyst': { subagents: ['payment-analyts', 'payment-analyst'] } },
    })
    expect(problems).toMatchObject([
      {
        at: ['agents', 'payment-analyst', 'subagents', 0],
        hint: 'did you mean "payment-analyst"?',
      },
    ])
  })

  test('an agent that is there but wrong is no unknown agent', async () => {
    const config = { agents: { a: { subagents: ['b'] }, b: { restart: 'sometimes' } } }
    expect(await complaints(config)).toEqual([
      'CONFIG_INVALID agents.b.restart: must be "never" or "on-failure" or "always"',
    ])
  })
})

describe('a profile', () => {
  test('is for a tool that is bound, or a capability', async () => {
    await load(withSlots({}, { 'auth-profiles': { t: { required: true } } }))
    await load({ agents: { a: { capabilities: ['x'], 'auth-profiles': { x: {} } } } })
  })

  test('for no tool at all would make nothing required, so it is refused', async () => {
    const config = {
      agents: {
        a: {
          'tool-bindings': { 'stripe-payment': { credentials: {} } },
          'auth-profiles': { 'stripe-payments': { required: true } },
        },
      },
    }
    const { problems } = await refusal(config)
    expect(problems).toMatchObject([
      {
        at: ['agents', 'a', 'auth-profiles', 'stripe-payments'],
        hint: 'did you mean "stripe-payment"?',
      },
    ])
  })
})

test('there must be a command to lock', async () => {
  await load({ agents: { a: { command: ['true'], lockCommand: true }, b: { lockCommand: false } } })
  expect(await complaints({ agents: { a: { lockCommand: true } } })).toEqual([
    'CONFIG_INVALID agents.a.lockCommand: there is no command to lock',
  ])
})

test('a profile that requires a tool which is only a capability would require nothing', async () => {
  const agent = { capabilities: ['t'], 'auth-profiles': { t: { required: true } } }
  expect(await complaints({ agents: { a: agent } })).toEqual([
    expect.stringContaining(
      'agents.a.auth-profiles.t.required: this tool is required, and no tool binding',
    ),
  ])
  await load({ agents: { a: { ...agent, 'auth-profiles': { t: { required: false } } } } })
})

test('its command holds no credential', async () => {
  const command = ['agent', '--token=fake', '--password', 'fake', '--password', '$FAKE']
  const { problems } = await refusal({ agents: { a: { command } } })
  expect(problems.map(({ code, at }) => `${code} ${at.join('.')}`)).toEqual([
    'HARDCODED_CREDENTIAL agents.a.command.1',
    'HARDCODED_CREDENTIAL agents.a.command.3',
  ])
  expect(JSON.stringify(problems)).not.toContain('fake')
})
