/** What a serving gateway says of the rotations that it does by itself, look after look. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { openAuditLog } from '../../../src/audit/log.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { actorOf } from '../../../src/gateway/actor.ts'
import { Gateway } from '../../../src/gateway/gateway.ts'
import { rotations } from '../../../src/gateway/rotate/duty.ts'
import { readSurroundings } from '../../../src/gateway/surroundings.ts'
import { REF, rotating } from '../../process/rotating.ts'
import { eventsOf } from '../../process/support.ts'

const HOUR_MS = 3_600_000

interface Looks {
  one: Awaited<ReturnType<typeof rotating>>
  /** @returns what it says above `info`, and the hints */
  look: () => Promise<string[]>
}

/** A gateway that looks once an hour; its ref is due seven days before its end. */
async function looks(daysLeft: number): Promise<Looks> {
  const one = await rotating('issued', { before: '7d' })
  const { world } = one
  let now = new Date()
  const clock = (): Date => now
  const end = new Date(now.getTime() + daysLeft * 24 * HOUR_MS).toISOString()
  const config = readFileSync(world.config, 'utf8')
  world.write('config.json', config.replace('"rotate":', `"expiresAt": "${end}", "rotate":`))
  const loaded = await loadConfig({ path: world.config, found: false }, { now })
  const log = openAuditLog(world.home, { now: clock, warn: () => {} })
  onTestFinished(() => log.close())
  const gateway = new Gateway({
    home: world.home,
    env: world.env,
    loaded,
    log,
    actor: actorOf(),
    surroundings: readSurroundings(world.env),
    parent: undefined,
    now: clock,
    warn: () => {},
  })
  let said: string[] = []
  const run = rotations(gateway, undefined, (level, sentence, hint) => {
    if (level === 'error' || level === 'warn') said.push(`${level}: ${sentence}`, hint ?? '')
  })
  const look = async (): Promise<string[]> => {
    said = []
    await run(new AbortController().signal)
    now = new Date(now.getTime() + HOUR_MS + 1)
    return said
  }
  return { one, look }
}

test('one that fails is told with its reason and what helps, once for each change; its alert has no other way', async () => {
  const { one, look } = await looks(3)
  one.issuer = { ...one.issuer, refuse: ['create'] }
  const [sentence, hint] = await look()
  expect(sentence).toMatch(
    new RegExp(
      `^error: ${REF} was not replaced: the program .* was refused step "create", .* begins anew within the hour \\(failed 1 of 3 times\\)$`,
    ),
  )
  expect(hint).toContain('its own log says why')
  expect(eventsOf(one.world)).toContain('alert.raised')
  expect((await look())[0]).toContain('failed 2 of 3 times')
  expect(await look()).toEqual([
    expect.stringMatching(`^error: the rotation of ${REF} is stuck: the program .* was refused`),
    expect.stringContaining(`secretref secrets rotation resume ${REF}`),
  ])
  expect(await look()).toEqual([])
}, 60_000)

test('one whose store cannot be read is told once, and again when it comes back and goes', async () => {
  const { one, look } = await looks(30)
  const store = one.world.home.store.path
  const kept = readFileSync(store)
  const broken = async (): Promise<string[]> => {
    writeFileSync(store, 'no store')
    return look()
  }
  const words = `warn: ${REF}: cannot be read, so that nobody knows whether it is due: `
  expect((await broken())[0]).toContain(words)
  expect(await broken()).toEqual([])
  writeFileSync(store, kept)
  expect(await look()).toEqual([])
  expect((await broken())[0]).toContain(words)
}, 60_000)
