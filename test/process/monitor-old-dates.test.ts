/** A date that the config has kept from before a rotation: monitor says to move it, not to rotate again. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { alertFor } from '../../src/gateway/monitor/alerts.ts'
import type { Watched } from '../../src/gateway/monitor/look.ts'
import { FIRST, REF, rotating, type Rotating } from './rotating.ts'
import { run, type Ended } from './support.ts'

const DAY_MS = 86_400_000
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()

/** The ref has this end in the config, and a rotation replaces the value of which it was said. */
async function rotatedWith(end: string): Promise<{ one: Rotating; monitor: () => Promise<Ended> }> {
  const one = await rotating('issued', { grace: '30d' })
  const { world } = one
  const config = readFileSync(world.config, 'utf8')
  world.write('config.json', config.replace('"rotate":', `"expiresAt": "${end}", "rotate":`))
  const { out } = await one.secretref(['secrets', 'rotate', '--ref', REF, '--force'])
  expect(out).toContain('the old one of version 1 lives on')
  return { one, monitor: () => run(world, ['monitor', '--config', world.config]) }
}

const moveIt = (end: string): string =>
  `a rotation has replaced the value of which the config's "expiresAt", ${end.slice(0, 10)}, was said (a)\n   hint: move "expiresAt" in the config`

test('past: the value is new, only the date is old; with the old value it is its end', async () => {
  const end = inDays(-2)
  const { one, monitor } = await rotatedWith(end)
  const { code, out } = await monitor()
  expect(code).toBe(1)
  expect(out).toContain(`${REF}: delivered to nobody: ${moveIt(end)}`)
  await one.secretref(['secrets', 'set', REF], { stdin: Buffer.from(FIRST) })
  expect((await monitor()).out).toContain(`${REF}: ended on ${end.slice(0, 10)} (a)`)
}, 60_000)

test('near: from then on it is delivered to nobody, though the value is new', async () => {
  const end = inDays(4)
  const { out } = await (await rotatedWith(end)).monitor()
  expect(out).toContain(`${REF}: delivered to nobody from ${end.slice(0, 10)} on: ${moveIt(end)}`)
}, 60_000)

test('its alert says the same, and does not ask for another rotation', () => {
  const watched: Watched = {
    ref: REF,
    environment: 'default',
    state: 'expired',
    agents: ['a'],
    expiresAt: '2026-11-20',
    ofBefore: true,
  }
  const at = new Date('2026-11-25T12:00:00Z')
  expect(alertFor(watched, at)).toMatchObject({
    event: 'credential.expired',
    key: `credential.expired:default:${REF}:date`,
    text: `${REF} of a is delivered to nobody: a rotation has replaced the value of which the config's "expiresAt", 2026-11-20, was said`,
    hint: expect.stringMatching(
      /^move "expiresAt" in the config .*; to rotate again mends nothing$/,
    ),
  })
})
