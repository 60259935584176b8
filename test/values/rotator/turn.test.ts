import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { inTurn } from '../../../src/values/rotator/turn.ts'
import type { Done } from '../../../src/values/rotator/done.ts'

function place() {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-turn-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const staging = { path: join(dir, 'rotations.age'), identity: join(dir, 'rotation.key') }
  return { staging, lock: (id: string) => join(dir, 'rotating', `${id}.lock`) }
}
const of = (id: string, { staging }: ReturnType<typeof place>) => ({
  rotation: { id, class: 'issued' as const },
  staging,
})

test('the second one begins when the first one has ended; another rotation does not wait', async () => {
  const at = place()
  const first = Promise.withResolvers<Done>()
  const order: string[] = []
  const slow = inTurn(of('r1', at), 'create', async () => {
    order.push('first begins')
    const done = await first.promise
    order.push('first ends')
    return done
  })
  while (order.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const second = inTurn(of('r1', at), 'reconcile', async () => {
    order.push('second')
    return { result: 'ok' }
  })
  await inTurn(of('r2', at), 'create', async () => {
    order.push('other')
    return { result: 'ok' }
  })
  first.resolve({ result: 'ok' })
  await Promise.all([slow, second])
  expect(order).toEqual(['first begins', 'other', 'first ends', 'second'])
})

test('nothing stays when the rotation is done', async () => {
  const at = place()
  await inTurn(of('r1', at), 'retire', async () => ({ result: 'ok' }))
  expect(existsSync(at.lock('r1'))).toBe(true)
  await inTurn(of('r1', at), 'confirm', async () => ({ result: 'waiting' }))
  expect(existsSync(at.lock('r1'))).toBe(true)
  await inTurn(of('r1', at), 'confirm', async () => ({ result: 'ok' }))
  expect(existsSync(at.lock('r1'))).toBe(false)
})
