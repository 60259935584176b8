import { expect, test } from 'vitest'
import { fetchAll } from '../../../src/values/resolver/fetch.ts'
import { Calls } from '../../../src/values/resolver/calls.ts'
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

const BUDGET = { at: 0 }

test('a provider without calls left is not asked; the next in the chain is', async () => {
  const dir = folder()
  const exec = execProvider(dir, answer({ a: 'fake-of-exec' }))
  const file = fileProvider(dir, { a: 'fake-of-file' })
  const one = item('a', [named('a', 'exec'), inFile('a')])
  const got = async (calls: number): Promise<unknown> => {
    const sheet = sheetOf(dir, { exec: { ...exec, budget: { ...BUDGET, calls } }, file }, [one])
    const counted = new Calls(sheet.providers)
    const signal = new AbortController().signal
    const [held] = await fetchAll(sheet, new Map(), () => 'k:1', signal, counted)
    return [held?.value?.toString(), held?.report.passed, counted.spent()]
  }
  expect(await got(1)).toEqual(['fake-of-exec', [], { exec: 1 }])
  const passed = [{ provider: 'exec', code: 'PROVIDER_UNAVAILABLE' }]
  expect(await got(0)).toEqual(['fake-of-file', passed, { exec: 0 }])
})

test('what is more than is left takes nothing', () => {
  const calls = new Calls({ vault: { type: 'vault', options: {}, budget: { calls: 3, at: 0 } } })
  expect([calls.spend('vault', 2), calls.spend('vault', 2), calls.spend('vault', 1)]).toEqual([
    true,
    false,
    true,
  ])
  expect(calls.spend('file', 1000)).toBe(true)
  expect(calls.spent()).toEqual({ vault: 3 })
})
