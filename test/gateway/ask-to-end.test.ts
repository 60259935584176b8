import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { askToEnd } from '../../src/gateway/ask-to-end.ts'
import type { Agent } from '../../src/gateway/launch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An agent that notes what it is told. */
function agent(): { agent: Agent; told: string[]; end: () => void } {
  const told: string[] = []
  const { promise, resolve } = Promise.withResolvers<{ code: number }>()
  const signal = (name: string): boolean => told.push(name) > 0
  const kill = (): void => void told.push('kill')
  return {
    agent: { pid: 1, session: true, ended: promise, signal, kill },
    told,
    end: () => resolve({ code: 0 }),
  }
}

test('asked by TERM, and killed ten seconds later where it does not go', async () => {
  const { agent: deaf, told } = agent()
  askToEnd(deaf)
  await vi.advanceTimersByTimeAsync(9999)
  expect(told).toEqual(['SIGTERM'])
  await vi.advanceTimersByTimeAsync(1)
  expect(told).toEqual(['SIGTERM', 'kill'])
})

test('nobody is killed who has gone: its pid may be another’s by then', async () => {
  const { agent: polite, told, end } = agent()
  askToEnd(polite)
  end()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(told).toEqual(['SIGTERM'])
})
