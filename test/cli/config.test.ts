import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configCheck, configSchema, configShow } from '../../src/cli/config.ts'
import { trust } from '../../src/cli/trust.ts'
import { requireTrust, type TrustEntry } from '../../src/config/trust.ts'
import { loadConfig } from '../../src/config/load.ts'
import { NOW, block, scratch, withSlots, writeConfig } from '../config/helpers.ts'
import { recorded } from './recorded.ts'

const BROKEN = '{\n  "agents": {\n    "a": { "comand": [] }\n  }\n}'

describe('config check', () => {
  test('of a good config: one line, 0', async () => {
    const io = recorded(block('3.2.json'))
    expect(await configCheck(io, {})).toBe(0)
    expect(io.stdout).toBe(`ok: ${io.cwd}/secretref.json: 1 agent, 2 bindings\n`)
    expect(io.stderr).toBe('')
  })

  test('of a wrong one: every mistake, 1', async () => {
    const io = recorded(BROKEN)
    expect(await configCheck(io, {})).toBe(1)
    expect(io.stdout).toBe(
      `${io.cwd}/secretref.json:3:12: agents.a.comand: "comand" is not known here [CONFIG_INVALID]\n` +
        '  hint: did you mean "command"?\n',
    )
  })

  test('as JSON', async () => {
    const io = recorded(BROKEN)
    expect(await configCheck(io, { json: true })).toBe(1)
    expect(JSON.parse(io.stdout)).toEqual({
      version: 1,
      ok: false,
      path: join(io.cwd, 'secretref.json'),
      problems: [
        {
          place: 'agents.a.comand',
          at: ['agents', 'a', 'comand'],
          code: 'CONFIG_INVALID',
          severity: 'error',
          message: '"comand" is not known here',
          hint: 'did you mean "command"?',
          line: 3,
          column: 12,
        },
      ],
    })
  })

  test('a warning has its line and is no mistake', async () => {
    const dated = block('3.2.json').replace(
      '"target": "slack_bot_token",',
      '"target": "slack_bot_token",\n"expiresAt": "2026-01-01",',
    )
    const io = recorded(dated)
    expect(await configCheck(io, {})).toBe(0)
    expect(io.stdout).toMatch(
      /:51:1: warning: openclaw\.gateway\.secrets\.refMap\.slack-bot-token\.expiresAt: .*\[EXPIRED\]\n/,
    )
    expect(io.stdout).toMatch(/\nok: /)
  })

  test('a binding that points nowhere is found, in its line', async () => {
    const io = recorded(block('2.2.json'))
    expect(await configCheck(io, {})).toBe(1)
    expect(io.stdout).toMatch(
      /:17:1: agents\.finance-analyst\.tool-bindings\.stripe-payment\.credentials\.apiKey: .*\[REF_UNKNOWN\]\n {2}hint: /,
    )
  })

  test('no config at all is an error', async () => {
    await expect(configCheck(recorded(), {})).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_NOT_FOUND' }),
    )
  })
})

describe('config show', () => {
  test('says what each agent receives and from where, aligned', async () => {
    const io = recorded(block('3.2.json'))
    expect(await configShow(io, {})).toBe(0)
    const files = `${io.home.secretsFiles[0]}, else /home/me/.openclaw/secrets/secrets.json`
    const [, , , , agent, head, ...rows] = io.stdout.split('\n')
    expect(agent).toBe('agent payment-analyst (支付分析 Agent)')
    expect(head).toBe(
      'TOOL            SLOT      REF              VARIABLE         REQUIRED  LOOKED FOR IN',
    )
    expect(rows).toEqual([
      `stripe-payment  apiKey    stripe-api-key   STRIPE_API_KEY   yes       file: key "stripe_api_key" of ${files}`,
      `slack-notifier  botToken  slack-bot-token  SLACK_BOT_TOKEN  yes       file: key "slack_bot_token" of ${files}`,
      '',
    ])
  })

  test('shows a chain in its order, a schedule and a command', async () => {
    const config = {
      agents: {
        a: {
          command: ['node', 'agent.js'],
          schedule: '0 9 * * 1-5',
          'tool-bindings': { t: { credentials: { k: { secretRef: 'r', delivery: 'file' } } } },
        },
      },
      openclaw: {
        gateway: {
          secrets: { refMap: { r: { provider: [{ provider: 'vault', path: 'p' }, 'env'] } } },
        },
      },
    }
    const io = recorded(JSON.stringify(config))
    await configShow(io, {})
    expect(io.stdout).toContain('command: node agent.js\nschedule: 0 9 * * 1-5 (UTC)\n')
    expect(io.stdout).toMatch(/ R_FILE +no +vault: path "p"; then env: variable R\n/)
  })

  test('escapes what a config may hold', async () => {
    const io = recorded(
      '{"agents": {"a": {"name": "red\\u001b[31m\\u202e", "command": ["x\\u0007"]}}}',
    )
    await configShow(io, {})
    expect(io.stdout).toContain(
      'agent a (red\\u{1b}[31m\\u{202e})\ncommand: x\\u{7}\nno bindings\n',
    )
  })

  test('escapes it as JSON too, and in config check', async () => {
    const evil = '\u009b31m\u202e\u2028'
    const shown = recorded(JSON.stringify(withSlots({ k: { secretRef: 'r', note: evil } })))
    expect(await configShow(shown, { json: true })).toBe(0)
    const checked = recorded(JSON.stringify({ agents: { a: { [evil]: 1 } } }))
    expect(await configCheck(checked, { json: true })).toBe(1)
    for (const { stdout } of [shown, checked]) {
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
      expect(stdout).toContain('\\u009b31m\\u202e\\u2028')
    }
  })

  test('as JSON, with the same meaning', async () => {
    const io = recorded(block('4.2.json'))
    expect(await configShow(io, { json: true })).toBe(0)
    expect(JSON.parse(io.stdout)).toMatchObject({
      version: 1,
      environment: 'production',
      providers: { file: { type: 'file' }, env: { type: 'env' }, vault: { type: 'vault' } },
      agents: [],
    })
  })
})

test('config schema prints what the repository holds for editors', async () => {
  const io = recorded()
  expect(await configSchema(io)).toBe(0)
  const file = join(import.meta.dirname, '..', '..', 'schema', 'secretref.schema.json')
  expect(io.stdout).toBe(readFileSync(file, 'utf8'))
})

describe('trust', () => {
  test('records ./secretref.json, once it is in the audit log', async () => {
    const io = recorded('{"agents": {}}')
    const path = join(io.cwd, 'secretref.json')
    const loaded = await loadConfig({ path, found: true }, { now: NOW })
    const entries: TrustEntry[] = []
    const record = async (entry: TrustEntry): Promise<void> => {
      expect(() => requireTrust(loaded, io.home)).toThrow()
      entries.push(entry)
    }
    expect(await trust(io, {}, record)).toBe(0)
    expect(io.stdout).toBe(`trusted: ${path} (sha256 ${loaded.hash})\n`)
    expect(() => requireTrust(loaded, io.home)).not.toThrow()

    expect(entries).toEqual([
      { path, hash: loaded.hash, owner: process.geteuid?.(), time: NOW.toISOString() },
    ])
  })

  test('records the file that is named', async () => {
    const path = writeConfig(scratch(), '{}', 'other.json')
    const io = recorded('{"agents": {}}')
    expect(await trust(io, { file: path })).toBe(0)
    const loaded = await loadConfig({ path, found: true }, { now: NOW })
    expect(() => requireTrust(loaded, io.home)).not.toThrow()
  })

  test('trusts no link to another folder: what it leads to can change its place', async () => {
    const path = writeConfig(scratch(), '{}')
    const io = recorded()
    symlinkSync(path, join(io.cwd, 'secretref.json'))
    await expect(trust(io, {})).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_UNTRUSTED' }),
    )
    expect(io.stdout).toBe('')
  })

  test('trusts nothing when the audit log refuses', async () => {
    const io = recorded('{}')
    const loaded = await loadConfig(
      { path: join(io.cwd, 'secretref.json'), found: true },
      { now: NOW },
    )
    const full = trust(io, {}, () => Promise.reject(new Error('disk full')))
    await expect(full).rejects.toThrow('disk full')
    expect(() => requireTrust(loaded, io.home)).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNTRUSTED' }),
    )
  })

  test('does not trust a config with mistakes', async () => {
    await expect(trust(recorded(BROKEN), {})).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})
