import { userInfo } from 'node:os'
import { isAbsolute } from 'node:path'
import { expect, test } from 'vitest'
import { homeOf, userConfig, userHome } from '../../src/state/home.ts'

test('an empty HOME is none: the current folder must not become the home', () => {
  const { HOME } = process.env
  process.env['HOME'] = ''
  try {
    for (const env of [{}, { HOME: '' }]) {
      expect(userHome(env)).toBe(userInfo().homedir)
      expect([homeOf(env).dir, userConfig(env)].every(isAbsolute)).toBe(true)
    }
  } finally {
    process.env['HOME'] = HOME
  }
})
