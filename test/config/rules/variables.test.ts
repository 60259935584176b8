import { describe, expect, test } from 'vitest'
import { complaints, load, refusal, withSlots } from '../helpers.ts'

const CREDENTIALS = 'agents.a.tool-bindings.t.credentials'

describe('a variable that would start code or be changed is refused', () => {
  test.each(['LD_PRELOAD', 'NODE_OPTIONS', 'PATH', 'BASH_ENV', 'IFS', 'PPID', 'SECRETREF_HOME'])(
    '%s',
    async (envVar) => {
      const { problems } = await refusal(withSlots({ k: { secretRef: 'r', envVar } }))
      expect(problems).toMatchObject([
        {
          at: [...CREDENTIALS.split('.'), 'k', 'envVar'],
          message: expect.stringMatching(/^this variable is refused: it /),
        },
      ])
    },
  )

  test('also one that is only made from the ref', async () => {
    expect(await complaints(withSlots({ k: { secretRef: 'node-options' } }))).toEqual([
      `CONFIG_INVALID ${CREDENTIALS}.k: the variable made from the ref is refused: it makes a language runtime load code or options`,
    ])
  })

  test('also one that would be too long', async () => {
    const secretRef = `1${'a-'.repeat(63)}a`
    expect(await complaints(withSlots({ k: { secretRef } }))).toEqual([
      `CONFIG_INVALID ${CREDENTIALS}.k: the variable made from the ref is refused: it is longer than 128 characters`,
    ])
    await load(withSlots({ k: { secretRef, envVar: 'SHORT' } }))
  })
})

describe('each slot of one agent has a variable of its own', () => {
  test('the same twice, stated or made from the ref', async () => {
    const slots = {
      k: { secretRef: 'stripe-api-key' },
      l: { secretRef: 'x', envVar: 'STRIPE_API_KEY' },
    }
    expect(await complaints(withSlots(slots))).toEqual([
      `CONFIG_INVALID ${CREDENTIALS}.l.envVar: this would be set twice: ${CREDENTIALS}.k has the same variable`,
    ])
  })

  test('also between tools', async () => {
    const tool = { credentials: { k: { secretRef: 'r' } } }
    const [complaint] = await complaints({
      agents: { a: { 'tool-bindings': { t: tool, u: tool } } },
    })
    expect(complaint).toContain('agents.a.tool-bindings.u.credentials.k')
  })

  test('a file delivery takes <envVar>_FILE too, in either order', async () => {
    const file = { secretRef: 'r', envVar: 'KEY', delivery: 'file' }
    const other = { secretRef: 's', envVar: 'KEY_FILE' }
    expect(await complaints(withSlots({ k: file, l: other }))).toHaveLength(1)
    expect(await complaints(withSlots({ l: other, k: file }))).toHaveLength(1)
    await load(withSlots({ k: { ...file, delivery: 'env' }, l: other }))
  })

  test('two agents may use the same', async () => {
    const agent = { 'tool-bindings': { t: { credentials: { k: { secretRef: 'r' } } } } }
    await load({ agents: { a: agent, b: agent } })
  })
})

test('a path is only in a variable where there is a file', async () => {
  await load(withSlots({ k: { secretRef: 'r', delivery: 'file', pathInEnvVar: true } }))
  await load(withSlots({ k: { secretRef: 'r', pathInEnvVar: false } }))
  expect(await complaints(withSlots({ k: { secretRef: 'r', pathInEnvVar: true } }))).toEqual([
    `CONFIG_INVALID ${CREDENTIALS}.k.pathInEnvVar: there is a path only with "delivery": "file"`,
  ])
})

function inherit(name: string, rest: object = {}): object {
  return withSlots({ k: { secretRef: 'stripe-api-key' } }, { inheritEnv: ['EDITOR', name] }, rest)
}

describe('inheritEnv takes over no credential', () => {
  test.each([
    ['its own', inherit('STRIPE_API_KEY')],
    ['its own as a file', inherit('STRIPE_API_KEY_FILE')],
    [
      "another agent's",
      {
        agents: {
          a: { inheritEnv: ['EDITOR', 'OTHER'] },
          b: { 'tool-bindings': { t: { credentials: { k: { secretRef: 'other' } } } } },
        },
      },
    ],
    [
      'what an env provider reads',
      inherit('SOURCE', {
        openclaw: {
          gateway: { secrets: { refMap: { x: { provider: 'env', target: 'SOURCE' } } } },
        },
      }),
    ],
    [
      'what an env provider reads in another environment',
      inherit('SOURCE', {
        environments: {
          dev: { secrets: { x: { provider: ['vault', { provider: 'env', path: 'SOURCE' }] } } },
        },
      }),
    ],
    [
      "a provider's credential",
      inherit('VAULT_TOKEN', {
        openclaw: { gateway: { secrets: { 'active-provider': 'vault' } } },
      }),
    ],
    [
      'what an exec provider is given',
      inherit('BWS_ACCESS_TOKEN', {
        secrets: {
          providers: { exec: { command: '/bin/x', passEnv: ['PATH', 'BWS_ACCESS_TOKEN'] } },
        },
      }),
    ],
  ])('%s', async (_, config) => {
    const complaint =
      'CONFIG_INVALID agents.a.inheritEnv.1: this variable holds a credential: a slot, an env provider or a provider uses it'
    expect(await complaints(config)).toEqual([complaint])
  })

  test('anything else it may', async () => {
    await load(inherit('VAULT_TOKEN'))
    await load(
      inherit('PATH', {
        secrets: { providers: { exec: { command: '/bin/x', passEnv: ['PATH'] } } },
      }),
    )
  })
})
