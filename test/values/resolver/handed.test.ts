/** A real resolver: what it is handed where there is no /proc, and how much it may say. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { Resolver } from '../../../src/gateway/resolver.ts'
import { environmentBudget } from '../../../src/values/deliver/limits.ts'
import { execProvider, fileProvider, folder, inFile, item, named, sheetOf } from './sheets.ts'

function newResolver(env: Record<string, string> = {}): Resolver {
  const resolver = new Resolver(env)
  onTestFinished(() => resolver.abort())
  return resolver
}

function written(resolver: Resolver, items: readonly number[]): Promise<string> {
  const reader = spawn('/bin/cat', [], { stdio: [resolver.pipe, 'pipe', 'inherit'] })
  resolver.pipe.destroy()
  resolver.release(items)
  return text(reader.stdout)
}

test('handed variables mean nothing to Node, OpenSSL and the loader, and arrive', async () => {
  const dir = folder()
  // Each would end the resolver, or print, where it was taken for what its name says.
  const env = {
    KEY: 'fake-key',
    NODE_OPTIONS: `--require=${join(dir, 'none.cjs')}`,
    NODE_CHANNEL_FD: '77',
    OPENSSL_CONF: join(dir, 'none.cnf'),
  }
  const resolver = newResolver(env)
  const items = [item('key', [named('KEY', 'env')])]
  const more = { inherit: ['OPENSSL_CONF', 'NODE_OPTIONS'] }
  resolver.send(sheetOf(dir, { env: { type: 'env', options: {} } }, items, more))
  expect(await resolver.fetched()).toMatchObject([{ outcome: 'value' }])
  const script = await written(resolver, [0])
  for (const [name, value] of Object.entries(env)) {
    if (name !== 'NODE_CHANNEL_FD') expect(script).toContain(`export ${name}='${value}'\n`)
  }
})

test('a thousand refs are not too many to tell about', async () => {
  const dir = folder()
  const items = Array.from({ length: 1000 }, (_, i) => item(`key-${i}`, [inFile(`key-${i}`)]))
  const resolver = newResolver()
  resolver.send(sheetOf(dir, { file: fileProvider(dir, { a: 'fake-a' }) }, items))
  expect(await resolver.fetched()).toHaveLength(1000)
})

test('a program that is too slow is told as such, not as a deadline', async () => {
  const dir = folder()
  const exec = execProvider(dir, 'exec /bin/sleep 60', { timeoutMs: 300 })
  const resolver = newResolver()
  // What make-sheet grants for it.
  resolver.send(sheetOf(dir, { exec }, [item('a', [named('a', 'exec')])], { deadlineMs: 550 }))
  expect(await resolver.fetched()).toMatchObject([
    { code: 'TIMEOUT', reason: 'timeout', place: exec.options['command'] },
  ])
})

test.each([
  ['env', 'value'],
  ['file', 'failure'],
] as const)(
  'the path of a file takes room too: beside one by %s, a %s',
  async (delivery, outcome) => {
    const dir = folder()
    const file = fileProvider(dir, { a: 'fake-a', b: 'b' })
    const more = delivery === 'file' ? { delivery, file: join(dir, 'b'.repeat(100)) } : { delivery }
    const items = [item('a', [inFile('a')]), item('b', [inFile('b')], more)]
    const resolver = newResolver()
    resolver.send(sheetOf(dir, { file }, items, { argumentBytes: environmentBudget() - 60 }))
    expect((await resolver.fetched())[0]?.outcome).toBe(outcome)
  },
)
