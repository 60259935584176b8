/**
 * Eight processes force rotations of fifty refs, a thousand each, while the holds of some are taken from
 * them and some of them are killed. Each ref has an issuer of its own that allows two keys.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { rolldown } from 'rolldown'
import { expect, onTestFinished } from 'vitest'
import { openJournal } from '../../src/rotation/journal.ts'
import { giveBack, takeHold } from '../../src/rotation/lock.ts'
import type { Session } from '../../src/values/providers/contract.ts'
import { provider } from '../../src/values/providers/store.ts'
import { IssuerServer } from '../fakes/issuer-server.ts'
import { newIssuer } from '../fakes/issuer.ts'
import { makeWorld, recordsOf, ROOT, run, type Ended, type World } from '../process/support.ts'
import { soak, type Random } from './soak.ts'

const PROCESSES = 8
const REFS = 50
const EACH = 1000
const CAP = 2
/** Two processors do three to four in a second. */
const IN_FULL = { seconds: 7200 }
const names = Array.from({ length: REFS }, (_, i) => `ref-${i + 1}`)

/** As it runs where it is installed: in one file, beside the processes of the build. */
async function builtWorker(world: World): Promise<string> {
  const dir = join(world.dir, 'built')
  mkdirSync(dir)
  const dist = join(ROOT, 'dist')
  for (const file of readdirSync(dist)) copyFileSync(join(dist, file), join(dir, file))
  const bundle = await rolldown({
    input: join(ROOT, 'test/soak/rotations-worker.ts'),
    platform: 'node',
    logLevel: 'silent',
  })
  const file = join(dir, 'worker.mjs')
  await bundle.write({ file, format: 'es', codeSplitting: false })
  await bundle.close()
  return file
}

async function worldOfRefs(issuers: IssuerServer, world: World): Promise<void> {
  const refMap: Record<string, object> = {}
  const secrets: Record<string, string> = {}
  for (const ref of names) {
    const first = `fake-first-${ref}`
    secrets[ref] = first
    issuers.add(ref, { ...newIssuer('issued', first), cap: CAP })
    const command = world.write(`bin/${ref}`, issuers.program(ref), 0o700)
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

function worker(
  world: World,
  file: string,
  { seed, end, most }: { seed: number; end: number; most: number },
): ChildProcess {
  return spawn(process.execPath, [file, world.config, ...[REFS, seed, end, most].map(String)], {
    env: world.env,
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: world.dir,
  })
}

/** `forced`: of all of them; the others, what became of them. */
const COUNTED = ['forced', 'rotated', 'waiting', 'fenced', 'refused'] as const
type Counted = Record<(typeof COUNTED)[number], number>

/** Until its time is over; whoever is killed is followed by another one. */
async function work(
  world: World,
  file: string,
  random: Random,
  end: number,
  running: Set<ChildProcess>,
): Promise<Counted> {
  const sum: Counted = { forced: 0, rotated: 0, waiting: 0, fenced: 0, refused: 0 }
  while (Date.now() < end && sum.forced < EACH) {
    const most = EACH - sum.forced
    const child = worker(world, file, { seed: random.whole(1, 1_000_000), end, most })
    running.add(child)
    const lines = createInterface({ input: child.stdout ?? Readable.from([]) })
    for await (const line of lines) {
      const outcome = COUNTED.find((one) => one === line)
      if (outcome === undefined) throw new Error(`a worker said ${line}`)
      sum.forced += 1
      if (outcome !== 'forced') sum[outcome] += 1
    }
    running.delete(child)
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

soak(
  'rotations of fifty refs by eight processes',
  async ({ ms, random, figure }) => {
    const world = makeWorld()
    const issuers = await IssuerServer.listen(join(world.dir, 'issuers'))
    onTestFinished(() => issuers.close())
    await worldOfRefs(issuers, world)
    const file = await builtWorker(world)
    const end = Date.now() + ms
    const over = new AbortController()
    const running = new Set<ChildProcess>()
    const trouble = [
      steal(world, random.fork(), over.signal),
      kill(random.fork(), running, over.signal),
    ] as const
    const counts = await Promise.all(
      Array.from({ length: PROCESSES }, () => work(world, file, random.fork(), end, running)),
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
    for (const name of COUNTED) {
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
      const issuer = issuers.state(ref)
      const rotations = new Set(promotions.get(ref)?.map(({ detail }) => detail?.['rotation']))
      expect({ ref, most: issuer.most }).toEqual({ ref, most: Math.min(CAP, issuer.most) })
      expect({ ref, live: issuer.live.length }).toEqual({ ref, live: 1 })
      // One promotion for each rotation, each a version.
      const version = await currentVersion(session, ref)
      expect({ ref, version }).toEqual({ ref, version: String(rotations.size + 1) })
    }
    expect((await run(world, ['log', 'verify'], { timeoutMs: 120_000 })).code).toBe(0)
  },
  IN_FULL,
)
