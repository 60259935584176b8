import { expect, test } from 'vitest'
import type { ProviderConfig } from '../../src/config/types.ts'
import { overlap } from '../../src/plan/claims.ts'
import type { ChainStep } from '../../src/plan/types.ts'

const folders = { configDir: '/etc/app', userHome: '/home/me' }
const providers = new Map<string, ProviderConfig>([
  ['env', { type: 'env', options: {} }],
  ['env2', { type: 'env', options: { any: 'option' } }],
  ['file', { type: 'file', options: {} }],
  ['files', { type: 'file', options: { path: 's.json' } }],
  ['files2', { type: 'file', options: { path: '/etc/app/x/../s.json', other: 1 } }],
  ['vault', { type: 'vault', options: {} }],
  ['vault2', { type: 'vault', options: { mount: 'secret', field: 'key' } }],
  ['vault3', { type: 'vault', options: { mount: 'other' } }],
  ['exec', { type: 'exec', options: { command: '/bin/a' } }],
  ['exec2', { type: 'exec', options: { command: '/bin/a' } }],
  ['exec3', { type: 'exec', options: { command: '/bin/b' } }],
])

/** `provider:path#field|alias` */
function step(text: string): ChainStep {
  const [, provider = '', path = '', field, alias] =
    /^([^:]*):([^#]*)(?:#([^|]*)(?:\|(.*))?)?$/.exec(text) ?? []
  return {
    provider,
    at: {
      path,
      ...(field === undefined ? {} : { field }),
      ...(alias === undefined ? {} : { alias }),
    },
  }
}

const table: [a: string, b: string, same: boolean][] = [
  ['env:A', 'env2:A', true],
  ['env:A', 'env:B', false],
  ['file:#a', 'files:#a', false],
  ['files:#a', 'files2:#a', true],
  ['files:#a', 'files:#b', false],
  ['files:#a-b|a_b', 'files2:#a_b', true],
  ['files:#a_b', 'files:#a-b|a_b', true],
  ['file:/k', 'files2:/k', true],
  // A secrets file read as one raw value holds every key in it.
  ['file:/etc/app/s.json', 'files:#a', true],
  ['vault:p', 'vault2:p', true],
  ['vault:p', 'vault3:p', false],
  ['vault:p#a', 'vault:p', true],
  ['vault:p#a', 'vault:p#b', false],
  ['exec:i', 'exec2:i', true],
  ['exec:i', 'exec3:i', false],
  ['exec:A', 'env:A', false],
]
test.each(table)('%s and %s may be the same value: %s', (a, b, same) => {
  expect(overlap(step(a), step(b), providers, folders)).toBe(same)
  expect(overlap(step(b), step(a), providers, folders)).toBe(same)
})
