import { expect, test } from 'vitest'
import { isAgentFile } from '../../../src/values/detect/agent-files.ts'

test.each([
  '.env',
  '.env.local',
  '.envrc',
  'production.env',
  '.mcp.json',
  'mcp.json',
  'claude_desktop_config.json',
  '.codex/config.toml',
  '.claude/settings.local.json',
  'openclaw.json',
  'openclaw.json.bak',
  'openclaw.json.bak.4',
  'models.json',
  'auth-profiles.json',
  '.bash_history',
  '.zsh_history',
  'fish_history',
])('%s is one', (path) => {
  const [name = '', folder = ''] = path.split('/').reverse()
  expect(isAgentFile(name, folder)).toBe(true)
})

test.each([
  'config.toml',
  'app/config.toml',
  'settings.json',
  'auth.json',
  'openclaw.json.bak.x',
  'environment',
  'constructor/config.toml',
])('%s is none', (path) => {
  const [name = '', folder = ''] = path.split('/').reverse()
  expect(isAgentFile(name, folder)).toBe(false)
})
