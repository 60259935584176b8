/** The gateway holds no value: its memory is read, all of it, while an agent runs and after it ended. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { copiesIn, formsOf, initialEnvironment, isInside, type Find } from './scan-memory.ts'
import {
  descendantsOf,
  describeOnLinux,
  eventsOf,
  makeWorld,
  start,
  until,
  watcherOf,
  type Process,
  type World,
} from './support.ts'

/** In every value of a test: 24 random bytes in letters. Each value goes on with its own. */
function newMarker(): string {
  return randomBytes(24).toString('base64url')
}

const FORMS = [...formsOf('any').keys()]

/** Agent `a` waits for a file and ends; `other` goes on, and its gateway with it. */
function worldOf(provider: 'file' | 'exec' | 'env', count: number, marker: string): World {
  const refs = Array.from({ length: count }, (_, i) => `key-${i}`)
  const values = Object.fromEntries(
    refs.map((ref) => [ref, `${marker}-${randomBytes(24).toString('base64url')}`]),
  )
  const world = makeWorld()
  const providers: Record<string, object> = { [provider]: {} }
  if (provider === 'file') world.writeSecrets(values)
  if (provider === 'exec') {
    const file = world.write('answer.json', JSON.stringify({ protocolVersion: 1, values }))
    const command = world.write('program', `#!/bin/sh\nexec /bin/cat '${file}'\n`, 0o700)
    providers['exec'] = { command }
  }
  if (provider === 'env') {
    for (const [ref, value] of Object.entries(values)) {
      world.env[ref.toUpperCase().replace('-', '_')] = value
    }
  }
  const agent = `while ! [ -e '${join(world.dir, 'end')}' ]; do sleep 0.05; done`
  const credentials = Object.fromEntries(refs.map((secretRef) => [secretRef, { secretRef }]))
  world.writeConfig({
    secrets: { providers },
    agents: {
      a: {
        command: ['/bin/sh', '-c', agent],
        'tool-bindings': { t: { required: true, credentials } },
      },
      other: { command: ['/bin/sleep', '600'] },
    },
    openclaw: { gateway: { secrets: { 'active-provider': provider } } },
  })
  return world
}

function isAgent({ argv }: Process): boolean {
  return argv[1] === '-c' && (argv[2] ?? '').includes('sleep 0.05')
}

const where = (finds: readonly Find[]): string[] =>
  finds.map(({ form, mapping }) => `${form} in ${mapping || 'memory'}`)

describeOnLinux('the gateway’s memory', () => {
  test.each([
    ['file', 1],
    ['file', 64],
    ['exec', 1],
    ['exec', 64],
    ['env', 1],
    ['env', 64],
  ] as const)('%s provider, %d refs: no copy of a value', async (provider, count) => {
    const marker = newMarker()
    const world = worldOf(provider, count, marker)
    const gateway = start(world, ['gateway', 'run', '--config', world.config])
    const agent = await until('the agent', () =>
      eventsOf(world).includes('grant.delivered')
        ? descendantsOf(gateway.pid).find(isAgent)
        : undefined,
    )
    // The agent has them all; else nothing is shown by not finding them elsewhere.
    expect(copiesIn(agent.pid, marker).length).toBeGreaterThanOrEqual(count)

    // What the gateway's own caller put into its environment is there, once, and nowhere else.
    const theirs = provider === 'env' ? initialEnvironment(gateway.pid) : undefined
    const found = copiesIn(gateway.pid, marker)
    expect(where(found.filter(({ address }) => !isInside(address, theirs)))).toEqual([])
    expect(found).toHaveLength(theirs === undefined ? 0 : count)
    const watcher = watcherOf(gateway.pid)
    expect(where(copiesIn(watcher?.pid ?? 0, marker))).toEqual([])

    writeFileSync(join(world.dir, 'end'), '')
    await until('the run is over', () => eventsOf(world).includes('run.ended'))
    expect(where(copiesIn(gateway.pid, marker, theirs))).toEqual([])
  })
})

/** A program that says `ready` when it holds what it is to hold. */
async function running(program: string, file: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', program, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  void text(child.stdout)
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child.pid ?? 0
}

describeOnLinux('the scanner finds what is there', () => {
  test('in a program that hands a value on the classic way', async () => {
    const marker = newMarker()
    const world = makeWorld()
    const file = world.write('value', `${marker}-and-its-own`)
    const pid = await running(
      `const { spawn } = require('node:child_process')
       function deliver() {
         const KEY = require('node:fs').readFileSync(process.argv[1], 'utf8')
         return spawn('/bin/sleep', ['60'], { env: { KEY }, stdio: 'ignore' })
       }
       const child = deliver()
       process.on('exit', () => child.kill())
       child.once('spawn', () => console.log('ready'))
       setInterval(() => {}, 1000)`,
      file,
    )
    expect(copiesIn(pid, marker).map(({ form }) => form)).toContain('raw')
  })

  test('in every form', async () => {
    const marker = newMarker()
    const world = makeWorld()
    const pid = await running(
      `const value = require('node:fs').readFileSync(process.argv[1])
       globalThis.kept = [
         Buffer.from(value.toString('latin1'), 'utf16le'),
         value.toString('hex'),
         ...[0, 1, 2].map((n) => Buffer.concat([Buffer.alloc(n, 'x'), value]).toString('base64')),
         Buffer.from(value.toString('latin1'), 'utf16le').fill(0),
         [...value.toString('latin1')].map((c) => c + '\\0').join(''),
       ]
       console.log('ready')
       setInterval(() => {}, 1000)`,
      world.write('value', `${marker}-and-its-own`),
    )
    const forms = new Set(copiesIn(pid, marker).map(({ form }) => form))
    expect([...forms].toSorted()).toEqual(FORMS.toSorted())
  })

  test('across the border of two reads', async () => {
    const marker = newMarker()
    const world = makeWorld()
    const size = 9 * 1024 * 1024
    const pid = await running(
      `const value = require('node:fs').readFileSync(process.argv[1])
       globalThis.kept = Buffer.allocUnsafeSlow(${size}).fill(value)
       console.log('ready')
       setInterval(() => {}, 1000)`,
      world.write('value', `${marker}-`),
    )
    const raw = copiesIn(pid, marker).filter(({ form }) => form === 'raw')
    expect(raw.length).toBeGreaterThanOrEqual(Math.floor(size / (marker.length + 1)))
  })

  test('and knows where the kernel has put the initial environment', async () => {
    const marker = newMarker()
    const child = spawn('/bin/sleep', ['60'], { env: { KEY: marker }, stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    const pid = child.pid ?? 0
    await until('it runs', () => copiesIn(pid, marker).length > 0)
    expect(copiesIn(pid, marker, initialEnvironment(pid))).toEqual([])
  })
})
