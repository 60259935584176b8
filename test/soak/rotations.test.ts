/**
 * Eight processes force rotations of fifty refs, a thousand each, while the holds of some are taken from
 * them and some of them are killed. Each ref has an issuer of its own that allows two keys.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { giveBack, openJournal, takeHold } from '../../src/rotation/journal.ts'
import type { Session } from '../../src/values/providers/contract.ts'
import { provider } from '../../src/values/providers/store.ts'
import { newIssuer, type IssuerState } from '../fakes/issuer.ts'
import { makeWorld, recordsOf, ROOT, run, type Ended, type World } from '../process/support.ts'
import { soak, type Random } from './soak.ts'

const PROCESSES = 8
const REFS = 50
const EACH = 1000
const CAP = 2
const names = Array.from({ length: REFS }, (_, i) => `ref-${i + 1}`)

function stateOf(world: World, ref: string): string {
  return join(world.dir, `${ref}.json`)
}

async function worldOfRefs(): Promise<World> {
  const world = makeWorld()
  const refMap: Record<string, object> = {}
  const secrets: Record<string, string> = {}
  for (const ref of names) {
    const first = `fake-first-${ref}`
    secrets[ref] = first
    world.write(`${ref}.json`, JSON.stringify({ ...newIssuer('issued', first), cap: CAP }))
    const command = world.write(
      `bin/${ref}`,
      `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'test/fakes/issuer.ts')}' '${stateOf(world, ref)}'\n`,
      0o700,
    )
    const rotate = { driver: 'exec', class: 'issued', command, grace: '1s' }
    refMap[ref] = { provider: 'store', rotate }
  }
  world.writeConfig({
    secrets: { providers: { store: {} } },
    openclaw: { gateway: { secrets: { refMap } } },
  })
  const session = await storeOf(world)
  for (const [ref, value] of Object.entries(secrets)) {
    await session.put?.({ path: ref }, Buffer.from(value), { expect: 'absent', operation: ref })
  }
  await session.close()
  return world
}

function storeOf(world: World): Promise<Session> {
  return provider.open(world.home.store, {
    name: 'store',
    signal: new AbortController().signal,
    now: () => new Date(),
    spend: () => true,
    env: new Map(),
  })
}

async function currentVersion(session: Session, ref: string): Promise<string | undefined> {
  const [outcome] = await session.get([{ path: ref }])
  return outcome?.kind === 'value' ? outcome.meta.version : undefined
}

function secretref(world: World, ...words: string[]): Promise<Ended> {
  return run(world, [...words, '--config', world.config], { timeoutMs: 600_000 })
}

function worker(world: World, seed: number, end: number): ChildProcess {
  return spawn(
    process.execPath,
    [
      join(ROOT, 'test/soak/rotations-worker.ts'),
      world.config,
      ...[REFS, seed, end, EACH].map(String),
    ],
    { env: world.env, stdio: ['ignore', 'pipe', 'inherit'], cwd: world.dir },
  )
}

interface Counted {
  rotated: number
  waiting: number
  fenced: number
  refused: number
}

/** Until its time is over; whoever is killed is followed by another one. */
async function work(
  world: World,
  random: Random,
  end: number,
  running: Set<ChildProcess>,
): Promise<Counted> {
  const sum: Counted = { rotated: 0, waiting: 0, fenced: 0, refused: 0 }
  while (Date.now() < end) {
    const child = worker(world, random.whole(1, 1_000_000), end)
    running.add(child)
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    const [code]: unknown[] = await once(child, 'close')
    running.delete(child)
    if (code !== 0) continue
    const counted: Counted = JSON.parse(Buffer.concat(chunks).toString())
    for (const name of ['rotated', 'waiting', 'fenced', 'refused'] as const) {
      sum[name] += counted[name]
    }
    if (counted.rotated + counted.waiting + counted.fenced + counted.refused >= EACH) break
  }
  return sum
}

/** Takes holds from those that have them: what they write after that must be refused. */
async function steal(world: World, random: Random, until: AbortSignal): Promise<number> {
  let stolen = 0
  while (!until.aborted) {
    await pause(random.whole(500, 3000), undefined, { signal: until }).catch(() => {})
    const db = openJournal(world.home)
    const key = {
      config: world.config,
      environment: 'default',
      ref: names[random.whole(0, REFS - 1)] ?? '',
    }
    const hold = takeHold(db, key, { pid: process.pid, started: undefined }, () => false)
    if (!('heldBy' in hold)) giveBack(db, hold)
    db.close()
    stolen += 1
  }
  return stolen
}

async function kill(
  random: Random,
  running: Set<ChildProcess>,
  until: AbortSignal,
): Promise<number> {
  let killed = 0
  while (!until.aborted) {
    await pause(random.whole(2000, 6000), undefined, { signal: until }).catch(() => {})
    const [victim] = [...running].toSorted(() => random.next() - 0.5)
    if (victim?.kill('SIGKILL')) killed += 1
  }
  return killed
}

soak('rotations of fifty refs by eight processes', async ({ ms, random, figure }) => {
  const world = await worldOfRefs()
  const end = Date.now() + ms
  const over = new AbortController()
  const running = new Set<ChildProcess>()
  const trouble = [
    steal(world, random.fork(), over.signal),
    kill(random.fork(), running, over.signal),
  ] as const
  const counts = await Promise.all(
    Array.from({ length: PROCESSES }, () => work(world, random.fork(), end, running)),
  )
  over.abort()
  const [stolen, killed] = await Promise.all(trouble)
  // Only cron is left: what was begun is ended, whoever began it.
  for (let tries = 0; tries < 5; tries += 1) {
    const { out } = await secretref(
      world,
      'secrets',
      'rotate',
      '--provider',
      'store',
      '--force',
      '--yes',
      '--json',
    )
    const { refs }: { refs: { result?: string }[] } = JSON.parse(out)
    if (refs.every(({ result }) => result === 'done')) break
  }
  const records = recordsOf(world)
  const promotions = Map.groupBy(
    records.filter(({ event }) => event === 'rotation.promoted'),
    ({ ref = '' }) => ref,
  )
  const done = records.filter(({ event }) => event === 'rotation.done').length
  for (const name of ['rotated', 'waiting', 'fenced', 'refused'] as const) {
    figure(
      name,
      counts.reduce((sum, one) => sum + one[name], 0),
    )
  }
  figure('rotations done, by the log', done)
  figure('holds taken away', stolen)
  figure('processes killed', killed)
  const session = await storeOf(world)
  for (const ref of names) {
    const issuer: IssuerState = JSON.parse(readFileSync(stateOf(world, ref), 'utf8'))
    const rotations = new Set(promotions.get(ref)?.map(({ detail }) => detail?.['rotation']))
    expect({ ref, most: issuer.most }).toEqual({ ref, most: Math.min(CAP, issuer.most) })
    expect({ ref, live: issuer.live.length }).toEqual({ ref, live: 1 })
    // One promotion for each rotation, each a version.
    const version = await currentVersion(session, ref)
    expect({ ref, version }).toEqual({ ref, version: String(rotations.size + 1) })
  }
  expect((await run(world, ['log', 'verify'], { timeoutMs: 120_000 })).code).toBe(0)
})
