/** How long a start may take, which its sheet says: five seconds, or what its longest chain adds up to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openGateway, plannerOf } from '../../src/cli/foreground.ts'
import type { Io } from '../../src/cli/io.ts'
import { makeSheet } from '../../src/gateway/make-sheet.ts'
import { homeOf } from '../../src/state/home.ts'

/** For a provider whose time is over to say why. */
const LAST_WORD_MS = 250

async function deadlineOf(chains: readonly (readonly string[])[]): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-sheet-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const refs = chains.map((provider, i) => [`key-${i}`, { provider }] as const)
  const config = join(dir, 'config.json')
  const credentials = Object.fromEntries(refs.map(([secretRef]) => [secretRef, { secretRef }]))
  const providers = {
    file: { path: 'secrets.json' },
    plain: { type: 'vault', address: 'https://vault.example' },
    quick: { type: 'vault', address: 'https://vault.example', timeoutMs: 1000 },
    slow: { type: 'vault', address: 'https://vault.example', timeoutMs: 20_000 },
  }
  const text = JSON.stringify({
    secrets: { providers },
    openclaw: { gateway: { secrets: { refMap: Object.fromEntries(refs) } } },
    agents: { a: { 'tool-bindings': { t: { credentials } } } },
  })
  writeFileSync(config, text, { mode: 0o600 })
  const env = { SECRETREF_HOME: join(dir, 'home'), HOME: dir }
  const io: Io = {
    program: 'secretref',
    env,
    cwd: dir,
    home: homeOf(env),
    signs: false,
    now: () => new Date(),
    out: expect.unreachable,
    err: expect.unreachable,
  }
  const gateway = await openGateway(io, { config })
  const plan = plannerOf(io, gateway.loaded, {}).plan({ agent: 'a' })
  const request = { run: 'r', plan, command: [], inherit: [] }
  return makeSheet(gateway, request, plan.bindings, undefined).deadlineMs
}

test.each([
  ['one provider', [['plain']], 5000 + LAST_WORD_MS],
  ['a quick one alone takes no time from others', [['quick']], 5000],
  ['a chain of two', [['quick', 'plain']], 6000 + 2 * LAST_WORD_MS],
  ['one that states more', [['slow']], 20_000 + LAST_WORD_MS],
  ['many refs are asked side by side', [['plain'], ['plain'], ['quick']], 5000 + LAST_WORD_MS],
  ['the longest of them counts', [['quick'], ['plain', 'slow']], 25_000 + 2 * LAST_WORD_MS],
])('%s', async (_, chains, ms) => {
  expect(await deadlineOf(chains)).toBe(ms)
})
