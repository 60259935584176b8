import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Sheet } from '../../../src/gateway/sheet.ts'
import { fetchAll, type Held } from '../../../src/values/resolver/fetch.ts'
import { isAlive, isLinux, until } from '../../process/support.ts'
import {
  answer,
  execProvider,
  fileProvider,
  folder,
  inFile,
  item,
  named,
  sheetOf,
} from './sheets.ts'

const fingerprint = (value: Buffer): string => `fake:${value.length}`

function fetched(
  sheet: Sheet,
  env: Readonly<Record<string, string>> = {},
  signal = new AbortController().signal,
): Promise<Held[]> {
  const variables = new Map(Object.entries(env).map(([name, text]) => [name, Buffer.from(text)]))
  return fetchAll(sheet, variables, fingerprint, signal)
}

/** What became of each: its value, or the code of its failure. */
function brief(held: readonly Held[]): string[] {
  return held.map(({ report, value }) =>
    report.outcome === 'value' ? `${report.provider}: ${value?.toString()}` : report.code,
  )
}

/** Never answers, and says that it was asked. */
const HANGS = 'echo $$ >"${0%/*}/asked"; exec sleep 60'

describe('everything on a sheet', () => {
  test('in its order, each provider asked once for all that it has', async () => {
    const dir = folder()
    const count = join(dir, 'count')
    const program = `echo asked >>'${count}'; ${answer({ a: 'fake-a', b: 'fake-b', c: 'fake-c' })}`
    const held = await fetched(
      sheetOf(
        dir,
        {
          exec: execProvider(dir, program),
          file: fileProvider(dir, { x: 'fake-x', y: { value: 'fake-y' } }),
          env: { type: 'env', options: {} },
        },
        [
          item('a', [named('a', 'exec')]),
          item('x', [inFile('x')]),
          item('b', [named('b', 'exec')]),
          item('v', [named('V', 'env')]),
          item('y', [inFile('y')]),
          item('c', [named('c', 'exec')]),
          item('gone', [inFile('gone')]),
        ],
      ),
      { V: 'fake-v' },
    )
    expect(brief(held)).toEqual([
      'exec: fake-a',
      'file: fake-x',
      'exec: fake-b',
      'env: fake-v',
      'file: fake-y',
      'exec: fake-c',
      'SECRET_NOT_FOUND',
    ])
    expect(held.map(({ item: { ref } }) => ref)).toEqual(['a', 'x', 'b', 'v', 'y', 'c', 'gone'])
    expect(readFileSync(count, 'utf8')).toBe('asked\n')
  })

  test('the report says what is known about a value, and not the value', async () => {
    const dir = folder()
    const entries = { key: { value: 'fake-value', expiresAt: '2999-01-01T00:00:00Z' } }
    const [held] = await fetched(
      sheetOf(dir, { file: fileProvider(dir, entries) }, [item('key', [inFile('key')])]),
    )
    expect(held?.report).toMatchObject({
      outcome: 'value',
      provider: 'file',
      fingerprint: 'fake:10',
      expiresAt: '2999-01-01T00:00:00.000Z',
      passed: [],
    })
    expect(JSON.stringify(held?.report)).not.toContain('fake-value')
  })

  test('a sheet without items, and an item without a chain', async () => {
    const dir = folder()
    expect(await fetched(sheetOf(dir, {}, []))).toEqual([])
    expect(brief(await fetched(sheetOf(dir, {}, [item('a', [])])))).toEqual(['REF_UNKNOWN'])
  })

  test.each(['nobody', '__proto__', 'constructor'])(
    'a provider that is not there: %s',
    async (name) => {
      const dir = folder()
      const sheet = sheetOf(dir, { file: fileProvider(dir, { a: 'fake-a' }) }, [
        item('x', [named('x', name)]),
        item('a', [inFile('a')]),
      ])
      expect(brief(await fetched(sheet))).toEqual(['PROVIDER_UNSUPPORTED', 'file: fake-a'])
      const type = sheetOf(dir, { odd: { type: name, options: {} } }, [
        item('x', [named('x', 'odd')]),
      ])
      expect(brief(await fetched(type))).toEqual(['PROVIDER_UNSUPPORTED'])
    },
  )
})

async function along(
  first: (dir: string) => Sheet['providers'][string],
  fallbackOn?: readonly ('unavailable' | 'not-found')[],
): Promise<Held | undefined> {
  const dir = folder()
  const providers = { first: first(dir), second: fileProvider(dir, { key: 'fake-second' }) }
  const chain = [named('key', 'first'), inFile('key', 'second')]
  const more = fallbackOn === undefined ? {} : { fallbackOn }
  const [held] = await fetched(sheetOf(dir, providers, [item('key', chain, more)]))
  return held
}

describe('a chain', () => {
  const absent = answer({}, { key: { code: 'NOT_FOUND' } })
  const refused = answer({}, { key: { code: 'DENIED' } })

  test('goes on past an outage, and says what it passed', async () => {
    const held = await along((dir) => execProvider(dir, HANGS, { timeoutMs: 50 }))
    expect(held?.value?.toString()).toBe('fake-second')
    expect(held?.report).toMatchObject({
      provider: 'second',
      passed: [{ provider: 'first', code: 'TIMEOUT' }],
    })
  })

  test.each([
    ['a denial', (dir: string) => execProvider(dir, refused), 'PROVIDER_INVALID'],
    ['absence', (dir: string) => execProvider(dir, absent), 'SECRET_NOT_FOUND'],
    ['a bad answer', (dir: string) => execProvider(dir, 'echo fake'), 'PROVIDER_INVALID'],
    ['an exit code', (dir: string) => execProvider(dir, 'exit 1'), 'PROVIDER_INVALID'],
    ['an unknown type', () => ({ type: 'odd', options: {} }), 'PROVIDER_UNSUPPORTED'],
    ['a vault without an address', () => ({ type: 'vault', options: {} }), 'PROVIDER_INVALID'],
  ])('ends at %s', async (_what, first, code) => {
    const held = await along(first)
    expect(held?.report).toMatchObject({ outcome: 'failure', provider: 'first', code, passed: [] })
    expect(held?.value).toBeUndefined()
  })

  test('goes on past absence where the config opts in, and then not past an outage', async () => {
    const held = await along((dir) => execProvider(dir, absent), ['not-found'])
    expect(held?.report).toMatchObject({
      outcome: 'value',
      passed: [{ provider: 'first', code: 'SECRET_NOT_FOUND' }],
    })
    const hung = await along((dir) => execProvider(dir, HANGS, { timeoutMs: 50 }), ['not-found'])
    expect(hung?.report).toMatchObject({ outcome: 'failure', code: 'TIMEOUT' })
  })

  test('ends with the last one, an outage too', async () => {
    const dir = folder()
    const slow = (): Sheet['providers'][string] => execProvider(dir, HANGS, { timeoutMs: 50 })
    const chain = [named('key', 'one'), named('key', 'two')]
    const [held] = await fetched(sheetOf(dir, { one: slow(), two: slow() }, [item('key', chain)]))
    expect(held?.report).toMatchObject({
      outcome: 'failure',
      provider: 'two',
      code: 'TIMEOUT',
      passed: [{ provider: 'one', code: 'TIMEOUT' }],
    })
  })

  test('does not hold up the others', async () => {
    const dir = folder()
    const providers = {
      slow: execProvider(dir, HANGS, { timeoutMs: 400 }),
      file: fileProvider(dir, { key: 'fake-key', other: 'fake-other' }),
    }
    const held = await fetched(
      sheetOf(dir, providers, [
        item('key', [named('key', 'slow'), inFile('key')]),
        item('other', [inFile('other')]),
      ]),
    )
    expect(brief(held)).toEqual(['file: fake-key', 'file: fake-other'])
    expect(held[1]?.report.ms).toBeLessThan(400)
    expect(held[0]?.report.ms).toBeGreaterThanOrEqual(400)
  })

  test('reaches a provider whose time for another ref is long over', async () => {
    const dir = folder()
    const providers = {
      slow: execProvider(dir, HANGS, { timeoutMs: 600 }),
      // With what is added for its own end, a third of a second.
      quick: execProvider(dir, answer({ key: 'fake-key', other: 'fake-other' }), {
        timeoutMs: 100,
      }),
    }
    const held = await fetched(
      sheetOf(dir, providers, [
        item('key', [named('key', 'slow'), named('key', 'quick')]),
        item('other', [named('other', 'quick')]),
      ]),
    )
    expect(brief(held)).toEqual(['quick: fake-key', 'quick: fake-other'])
  })
})

describe('what a provider may see', () => {
  test('its own variables, and none that another may see', async () => {
    const dir = folder()
    const tell = `printf '{"protocolVersion":1,"values":{"key":"%s"}}' "$(env | grep -E '^[ABC]=' | sort | tr '\\n' ' ')"`
    const providers = {
      one: execProvider(dir, tell, { passEnv: ['A'] }),
      two: execProvider(dir, tell, { passEnv: ['B', 'MISSING'] }),
      none: execProvider(dir, tell),
    }
    const held = await fetched(
      sheetOf(
        dir,
        providers,
        Object.keys(providers).map((name) => item(`by-${name}`, [named('key', name)])),
      ),
      { A: 'fake-a', B: 'fake-b', C: 'fake-c' },
    )
    expect(brief(held)).toEqual(['one: A=fake-a ', 'two: B=fake-b ', 'SECRET_EMPTY'])
  })

  test('the env provider sees the variables of its own items alone', async () => {
    const dir = folder()
    const providers = { env: { type: 'env', options: {} }, other: { type: 'env', options: {} } }
    const held = await fetched(
      sheetOf(dir, providers, [item('a', [named('A', 'env')]), item('c', [named('C', 'other')])]),
      { A: 'fake-a', B: 'fake-b' },
    )
    expect(brief(held)).toEqual(['env: fake-a', 'SECRET_NOT_FOUND'])
  })
})

describe('what cannot be delivered', () => {
  test('is refused, and not held', async () => {
    const dir = folder()
    const entries = { nul: 'a\u0000b', large: 'v'.repeat(140_000), empty: '', good: 'fake-good' }
    const keys = ['nul', 'large', 'empty', 'good']
    const held = await fetched(
      sheetOf(
        dir,
        { file: fileProvider(dir, entries) },
        keys.map((key) => item(key, [inFile(key)])),
      ),
    )
    expect(held.map(({ report }) => ('reason' in report ? report.reason : 'held'))).toEqual([
      'nul',
      'too-large-for-env',
      'empty',
      'held',
    ])
    expect(held.map(({ value }) => value === undefined)).toEqual([true, true, true, false])
  })

  test('is judged by how it is delivered', async () => {
    const dir = folder()
    const entries = { key: `a\u0000${'v'.repeat(140_000)}` }
    const by = (['env', 'file', 'none'] as const).map((delivery) =>
      item(`by-${delivery}`, [inFile('key')], { delivery }),
    )
    const held = await fetched(sheetOf(dir, { file: fileProvider(dir, entries) }, by))
    expect(held.map(({ report }) => report.outcome)).toEqual(['failure', 'value', 'value'])
  })
})

describe('time', () => {
  test('a provider that has not answered in its own time is an outage', async () => {
    const dir = folder()
    const held = await fetched(
      sheetOf(dir, { exec: execProvider(dir, HANGS, { timeoutMs: 50 }) }, [
        item('key', [named('key', 'exec')]),
      ]),
    )
    expect(held[0]?.report).toMatchObject({ kind: 'unavailable', code: 'TIMEOUT' })
  })

  test('when the start is given up, every answer is an outage, and no program stays', async () => {
    const dir = folder()
    const exec = execProvider(dir, HANGS, { timeoutMs: 60_000 })
    const asked = join(String(exec.options['command']), '..', 'asked')
    const abort = new AbortController()
    const chain = [named('key', 'exec'), inFile('key')]
    const file = fileProvider(dir, { key: 'fake-key' })
    const sheet = sheetOf(dir, { exec, file }, [item('key', chain)])
    const all = fetched(sheet, {}, abort.signal)
    await until('it is asked', () => existsSync(asked) && readFileSync(asked, 'utf8') !== '')
    abort.abort()
    const held = await all
    // Nobody is asked any more, not even the next of the chain.
    expect(brief(held)).toEqual(['TIMEOUT'])
    const program = Number(readFileSync(asked, 'utf8'))
    if (isLinux) await until('the program has gone', () => !isAlive(program))
  })
})
