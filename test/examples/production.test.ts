/** The article's two environments against a real OpenBao, as the README of the example tells it. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openbao } from '../servers/openbao.ts'
import { ran, temporaryFolder } from './surroundings.ts'

const binary = openbao('examples/production')

test.skipIf(binary === undefined)(
  'production on Vault, development on a file, step by step',
  async () => {
    const tmp = temporaryFolder()
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TMPDIR: tmp }
    const { code, stdout, stderr } = await ran('production/run.ts', {
      ...env,
      OPENBAO: binary ?? '',
    })
    expect([code, stderr]).toEqual([0, ''])
    for (const said of ['[PROVIDER_DENIED]', '[PROVIDER_UNAVAILABLE]', 'the chain is whole'])
      expect(stdout).toContain(said)
    expect(stdout).not.toContain('sk_test_fake')
    expect(readdirSync(tmp)).toEqual([])
  },
)
