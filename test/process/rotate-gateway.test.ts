/** A serving gateway rotates by itself what its config says is due, and its agents get the new value. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REF, rotating } from './rotating.ts'
import { eventsOf, start, until } from './support.ts'

test('due by its end: replaced, put into the agent’s file, the old one ended when the agent has the new one', async () => {
  const one = await rotating(
    'issued',
    { before: '7d' },
    {
      'tool-bindings': {
        t: { credentials: { c: { secretRef: REF, delivery: 'file' } } },
      },
      command: [
        '/bin/sh',
        '-c',
        'cat "$API_KEY_FILE" > first; while :; do cp "$API_KEY_FILE" next && mv next last; sleep 0.2; done',
      ],
      onChange: 'rewrite',
    },
  )
  const { world } = one
  // By what the config says it ends soon.
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString()
  const config = readFileSync(world.config, 'utf8')
  world.write('config.json', config.replace('"rotate":', `"expiresAt": "${soon}", "rotate":`))
  const gateway = start(
    world,
    ['gateway', 'run', '--config', world.config, '--log-level', 'info'],
    {
      timeoutMs: 90_000,
    },
  )
  await until('rotated', () => eventsOf(world).includes('rotation.promoted'), 40_000)
  await until('ended', () => eventsOf(world).includes('rotation.done'), 60_000)
  const read = (name: string): string => readFileSync(join(world.dir, name), 'utf8')
  expect(one.issuer.live.map(({ value }) => value)).toEqual([read('last')])
  expect(read('first')).not.toBe(read('last'))
  expect(eventsOf(world)).toContain('credential.changed')
  gateway.child.kill('SIGTERM')
  await gateway.ended
  expect(one.issuer.most).toBe(2)
}, 120_000)

test('what a person has to bring is told, and nothing is begun', async () => {
  const one = await rotating('issued')
  const { world } = one
  const config = readFileSync(world.config, 'utf8')
  world.write(
    'config.json',
    config.replace(
      /"rotate": \{[^}]*\}/,
      '"expiresAt": "2099-01-01", "rotate": { "before": "30000d" }',
    ),
  )
  const gateway = start(world, ['gateway', 'run', '--config', world.config])
  await until('told', () => gateway.soFar().err.includes('a person has to bring'), 30_000)
  expect(eventsOf(world)).toContain('alert.raised')
  expect(eventsOf(world)).not.toContain('rotation.begun')
  gateway.child.kill('SIGTERM')
  await gateway.ended
}, 60_000)
