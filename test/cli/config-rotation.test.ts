/** What `config check` says of rotation beyond the schema: programs where they lie, refs in one place. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configCheck } from '../../src/cli/config.ts'
import { recorded } from './recorded.ts'

type Problem = { place: string; code: string; severity: string; message: string; line?: number }

async function check(config: object): Promise<{ code: number; problems: Problem[] }> {
  const io = recorded(JSON.stringify(config, undefined, 2))
  const code = await configCheck(io, { json: true })
  const { problems }: { problems: Problem[] } = JSON.parse(io.stdout)
  return { code, problems }
}

/** A folder of its own that nobody else can write. */
function folder(): string {
  const dir = join(recorded('{}').cwd, 'bin')
  mkdirSync(dir, { mode: 0o700 })
  return dir
}

function programIn(dir: string, mode = 0o700): string {
  const path = join(dir, 'rotate')
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, mode)
  return path
}

const rotatedBy = (command: string): object => ({
  openclaw: {
    gateway: {
      secrets: {
        refMap: {
          'api-key': { provider: 'store', rotate: { driver: 'exec', class: 'issued', command } },
        },
      },
    },
  },
})
const AT = 'openclaw.gateway.secrets.refMap.api-key.rotate.command'

describe('a rotating program', () => {
  test('that is there, and safe, is fine', async () => {
    expect(await check(rotatedBy(programIn(folder())))).toEqual({ code: 0, problems: [] })
  })

  test.each([
    [
      'is not there',
      (dir: string) => join(dir, 'none'),
      0,
      'COMMAND_NOT_FOUND',
      /not there on this machine/,
    ],
    [
      'may not be run',
      (dir: string) => programIn(dir, 0o600),
      0,
      'COMMAND_NOT_EXECUTABLE',
      /cannot be run by you/,
    ],
    [
      'others may write',
      (dir: string) => programIn(dir, 0o722),
      1,
      'FILE_INSECURE',
      /other users can change/,
    ],
    [
      'others may swap',
      (dir: string) => {
        chmodSync(dir, 0o777)
        return programIn(dir)
      },
      1,
      'FILE_INSECURE',
      /a folder above it/,
    ],
    [
      'is a link',
      (dir: string) => {
        symlinkSync(programIn(dir), join(dir, 'link'))
        return join(dir, 'link')
      },
      1,
      'FILE_INSECURE',
      /symbolic link/,
    ],
    ['is a folder', (dir: string) => dir, 1, 'FILE_INSECURE', /is not a program/],
  ] as const)('that %s', async (_, make, code, problem, message) => {
    const checked = await check(rotatedBy(make(folder())))
    expect(checked).toMatchObject({
      code,
      problems: [
        {
          place: AT,
          code: problem,
          severity: code === 0 ? 'warning' : 'error',
          message: expect.stringMatching(message),
          line: expect.any(Number),
        },
      ],
    })
  })

  test('is looked at as those of providers and of alerts are', async () => {
    const command = join(folder(), 'none')
    const { code, problems } = await check({
      secrets: { providers: { exec: { command } } },
      alerts: { commands: { pager: { command: [command, '-v'] } } },
    })
    expect(code).toBe(0)
    expect(problems.map(({ place, code: found }) => [place, found])).toEqual([
      ['secrets.providers.exec.command', 'COMMAND_NOT_FOUND'],
      ['alerts.commands.pager.command[0]', 'COMMAND_NOT_FOUND'],
    ])
  })
})

const refs = (refMap: object, environments?: object): object => ({
  openclaw: { gateway: { environment: 'production', secrets: { refMap } } },
  ...(environments && { environments }),
})

describe('two refs that are rotated in one place', () => {
  const rotate = { driver: 'generate', every: '90d' }

  test('are a mistake of the second one', async () => {
    const hook = { provider: 'store', path: 'hook', rotate }
    const checked = await check(refs({ hook: { provider: 'store', rotate }, 'other-name': hook }))
    expect(checked).toMatchObject({
      code: 1,
      problems: [
        {
          place: 'openclaw.gateway.secrets.refMap.other-name.rotate',
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/^"hook" lies in the same place and is rotated too/),
        },
      ],
    })
  })

  test('of another environment too, and what is inherited is told once', async () => {
    const twins = {
      a: { provider: 'store', path: 'x', rotate },
      b: { provider: 'store', path: 'x', rotate },
    }
    const own = await check(refs({}, { staging: { secrets: twins } }))
    expect(own.problems.map(({ place }) => place)).toEqual([
      'environments.staging.secrets.b.rotate',
    ])
    const inherited = await check(refs(twins, { staging: { inherit: true } }))
    expect(inherited.problems.map(({ place }) => place)).toEqual([
      'openclaw.gateway.secrets.refMap.b.rotate',
    ])
  })

  test('of two environments that each have an entry of their own', async () => {
    const hook = { hook: { provider: 'store', rotate } }
    const checked = await check(refs(hook, { staging: { secrets: hook } }))
    expect(checked).toMatchObject({
      code: 1,
      problems: [
        {
          place: 'environments.staging.secrets.hook.rotate',
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(
            /^"hook" of environment production lies in the same place/,
          ),
        },
      ],
    })
    const elsewhere = { hook: { provider: 'store', path: 'staging-hook', rotate } }
    expect(await check(refs(hook, { staging: { secrets: elsewhere } }))).toEqual({
      code: 0,
      problems: [],
    })
  })

  test('of one store that has two names', async () => {
    const { problems } = await check({
      secrets: {
        providers: { one: { type: 'store' }, two: { type: 'store', identity: 'another.key' } },
      },
      ...refs({ hook: { provider: 'one', rotate }, b: { provider: 'two', path: 'hook', rotate } }),
    })
    expect(problems.map(({ place }) => place)).toEqual(['openclaw.gateway.secrets.refMap.b.rotate'])
  })

  test.each([
    [
      'one of them only reads',
      { hook: { provider: 'store', rotate }, b: { provider: 'store', path: 'hook' } },
    ],
    ['other keys', { hook: { provider: 'store', rotate }, b: { provider: 'store', rotate } }],
    [
      'other stores',
      { hook: { provider: 'store', rotate }, b: { provider: 'file', path: '/s/hook', rotate } },
    ],
  ])('%s: fine', async (_, refMap) => {
    expect(await check(refs(refMap))).toEqual({ code: 0, problems: [] })
  })
})
