/** A resolver that dies, at every stage of its short life: nothing is started, nothing is printed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import {
  configOf,
  descendantsOf,
  describeOnLinux,
  eventsOf,
  isAlive,
  makeWorld,
  procFile,
  resolverOf,
  start,
  until,
  type Ended,
  type Running,
  type World,
} from './support.ts'
import { vendWorld } from './vend.ts'

/** What an attacker would like a cut script to go on with: the agent's stdin, credentials exported. */
const HOSTILE = Buffer.from(`}\n'\n}\n/usr/bin/env\necho "stolen $KEY_0" >&4\nexec /usr/bin/env\n`)

function startHostile(world: World, agent: readonly string[] = ['/bin/echo', 'started']): Running {
  const line = ['--config', world.config, '--agent', 'a', '--', ...agent]
  return start(world, ['run', ...line], { stdin: HOSTILE })
}

function expectNothing(world: World, ended: Ended): void {
  expect({ code: ended.code, signal: ended.signal, out: ended.out }).toEqual({
    code: 125,
    signal: null,
    out: '',
  })
  expect(ended.err).not.toMatch(/stolen|invented|fake-value|KEY_\d=/)
  const events = eventsOf(world)
  expect(events).not.toContain('grant.delivered')
  expect(events).not.toContain('run.started')
  expect(events.at(-1)).toBe('grant.failed')
}

/** More than a pipe holds (208 KiB), so that writing it waits for the launcher to read. */
const LARGE = Object.fromEntries(
  Array.from({ length: 18 }, (_, i) => [`key-${i}`, `fake-value-${i}-`.repeat(7000)]),
)

/**
 * The launcher's pid, as soon as the gateway has spawned it; looks as often as it can. Undefined where this
 * machine was busy, and the launcher has become the agent before we looked.
 */
function catchLauncher(gateway: number, resolver: number): number | undefined {
  const end = performance.now() + 10_000
  while (performance.now() < end && isAlive(resolver)) {
    for (const pid of procFile(gateway, `task/${gateway}/children`).split(' ')) {
      if (pid !== '' && procFile(Number(pid), 'cmdline').startsWith('/bin/sh\0-s\0--\0')) {
        return Number(pid)
      }
    }
  }
  return undefined
}

function bytesRead(pid: number): number {
  return Number(/^rchar: (\d+)$/m.exec(procFile(pid, 'io'))?.[1] ?? 0)
}

/** proc(5): number and arguments of the system call that a process waits in. write(2), descriptor 4. */
function waitsInWrite(pid: number): boolean {
  const call = procFile(pid, 'syscall')
  const write = process.arch === 'arm64' ? '64' : '1'
  return call.startsWith(`${write} 0x4 `)
}

interface Writing {
  world: World
  gateway: Running
  resolver: number
  launcher: number
}

/**
 * A start that stands still in the middle of its delivery: the launcher is stopped after it has read
 * about `bytes`, and the resolver waits for it. One write takes all of the script: as long as the
 * resolver waits in there, the script is not whole.
 */
async function stoppedWriting(bytes: number): Promise<Writing> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const { world, asked, go } = vendWorld(LARGE)
    const gateway = startHostile(world)
    await until('the provider is asked', () => existsSync(asked))
    const resolver = resolverOf(gateway.pid)?.pid ?? 0
    writeFileSync(go, '')
    const launcher = catchLauncher(gateway.pid, resolver)
    if (launcher !== undefined) {
      while (bytesRead(launcher) < bytes && isAlive(launcher));
      const stopped = isAlive(launcher) && process.kill(launcher, 'SIGSTOP')
      await until('it waits for its reader', () => waitsInWrite(resolver) || !isAlive(resolver))
      if (stopped && isAlive(resolver)) return { world, gateway, resolver, launcher }
    }
    // This machine was busy, and the launcher faster than we.
    gateway.child.kill('SIGKILL')
  }
  throw new Error('the launcher was never caught while it read')
}

describeOnLinux('killed with -9', () => {
  test('before it has its sheet', async () => {
    const world = makeWorld({ config: configOf(['key-0']), secrets: { 'key-0': 'fake-value' } })
    const gateway = startHostile(world)
    const resolver = await until('a resolver', () => resolverOf(gateway.pid))
    process.kill(resolver.pid, 'SIGKILL')
    expectNothing(world, await gateway.ended)
  })

  test('while a provider is at work', async () => {
    const { world, asked, go } = vendWorld(LARGE)
    const gateway = startHostile(world)
    await until('the provider is asked', () => existsSync(asked))
    process.kill(resolverOf(gateway.pid)?.pid ?? 0, 'SIGKILL')
    expectNothing(world, await gateway.ended)
    writeFileSync(go, '')
  })

  test('holding the values, while their record is not yet on disk', async () => {
    const { world, asked, go } = vendWorld(LARGE)
    const gateway = startHostile(world)
    await until('the provider is asked', () => existsSync(asked))
    const lock = new DatabaseSync(world.home.auditLock, { timeout: 5000 })
    lock.exec('BEGIN IMMEDIATE')
    const resolver = resolverOf(gateway.pid)?.pid ?? 0
    const before = procFile(gateway.pid, 'io')
    writeFileSync(go, '')
    // Its program has gone: the answer is in. It has told the gateway when that waits for the lock.
    await until('the answer is in', () => descendantsOf(resolver).length === 0)
    await until('the gateway has heard', () => procFile(gateway.pid, 'io') !== before)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(eventsOf(world)).not.toContain('grant.released')
    process.kill(resolver, 'SIGKILL')
    await until('it has gone', () => !isAlive(resolver))
    lock.exec('ROLLBACK')
    lock.close()
    const ended = await gateway.ended
    expectNothing(world, ended)
    expect(ended.err).toContain('[DELIVERY_FAILED]')
  })

  test.each([0, 100_000, 700_000])('in the middle of its writing, %d bytes in', async (bytes) => {
    const { world, gateway, resolver, launcher } = await stoppedWriting(bytes)
    // The gateway may not help: it is the shell alone that must run nothing of what it has read.
    process.kill(gateway.pid, 'SIGSTOP')
    process.kill(resolver, 'SIGKILL')
    process.kill(launcher, 'SIGCONT')
    await until('the launcher has ended by itself', () => !isAlive(launcher))
    expect(gateway.soFar().out).toBe('')
    process.kill(gateway.pid, 'SIGCONT')
    const ended = await gateway.ended
    expectNothing(world, ended)
    expect(eventsOf(world)).toContain('grant.released')
    expect(ended.err).toContain('[DELIVERY_FAILED]')
  })

  test('the launcher, in the middle of the writing', async () => {
    const { world, gateway, resolver, launcher } = await stoppedWriting(0)
    process.kill(launcher, 'SIGKILL')
    expectNothing(world, await gateway.ended)
    await until('the resolver has gone too', () => !isAlive(resolver))
  })
})

describeOnLinux('a gateway that ends while a provider is at work', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s: no resolver and no program stays',
    async (signal) => {
      const { world, asked } = vendWorld(LARGE)
      const gateway = startHostile(world)
      await until('the provider is asked', () => existsSync(asked))
      const resolver = resolverOf(gateway.pid)?.pid ?? 0
      const program = Number(readFileSync(asked, 'utf8'))
      expect(isAlive(program)).toBe(true)
      process.kill(gateway.pid, signal)
      expect((await gateway.ended).signal).toBe(signal)
      await until('the resolver has gone', () => !isAlive(resolver))
      await until('its program has gone', () => !isAlive(program))
      expect(eventsOf(world)).not.toContain('grant.released')
    },
  )
})
