/** A gateway that is killed with -9 leaves no agent behind, and no file. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { loudly } from '../values/loud.ts'
import {
  configOf,
  descendantsOf,
  isAlive,
  describeOnLinux,
  isLinux,
  makeWorld,
  processes,
  procFile,
  resolverOf,
  start,
  until,
  watcherOf,
  type Running,
  type World,
} from './support.ts'
import { hasTerminal, onTerminal } from './terminal.ts'

const AGENT = join(import.meta.dirname, 'agent.ts')
const FROZEN = join(import.meta.dirname, 'frozen-gateway.ts')

beforeAll(() => {
  if (isLinux && !hasTerminal) loudly('orphans on a terminal', 'needs python3')
})

function withOneFile(): World {
  return makeWorld({
    config: configOf([{ secretRef: 'k', envVar: 'K', delivery: 'file' }]),
    secrets: { k: 'fake-value-k' },
  })
}

function above(pid: number): number {
  return processes().find((process) => process.pid === pid)?.parent ?? 0
}

/** Ways to be without a terminal, and to be on one; there we are not the one that was started. */
const PLACES = [
  ['without a terminal', ['setsid'], true],
  ['on a terminal', onTerminal, hasTerminal],
] as const

/** A deaf agent with a child that ignores signals too, its gateway, and all that belongs to them. */
async function startDeaf(
  world: World,
  through: readonly string[],
): Promise<{ running: Running; gateway: number; all: number[]; folder: string }> {
  const script = `echo "folder \${K_FILE%/*} "; exec "${process.execPath}" "${AGENT}" deaf`
  const args = ['run', '--config', world.config, '--', '/bin/sh', '-c', script]
  const running = start(world, args, { through, stdin: 'pipe' })
  await running.says(/^ready \d+/m)
  const { out } = running.soFar()
  const agent = Number(/^ready (\d+)/m.exec(out)?.[1])
  const child = Number(/^child (\d+)/m.exec(out)?.[1])
  const { parent: gateway = 0 } = processes().find(({ pid }) => pid === agent) ?? {}
  const all = [gateway, ...descendantsOf(gateway).map(({ pid }) => pid)]
  expect(all).toEqual(expect.arrayContaining([agent, child]))
  return { running, gateway, all, folder: /^folder (\S+)/m.exec(out)?.[1] ?? '' }
}

describeOnLinux('kill -9 of the gateway', () => {
  for (const [place, through, possible] of PLACES) {
    test.runIf(possible)(`${place}: the agent and its children go, and its folder`, async () => {
      const { gateway, all, folder } = await startDeaf(withOneFile(), through)
      expect(readdirSync(folder)).toHaveLength(1)
      process.kill(gateway, 'SIGKILL')
      await until('all gone', () => !all.some(isAlive))
      await until('the folder is gone', () => !existsSync(folder))
    })

    test.runIf(possible)(`${place}: between the launcher's start and the release`, async () => {
      const world = makeWorld()
      const file = join(world.dir, 'started')
      const command = ['/bin/sh', '-c', `echo started >>${file}`]
      const where = place.startsWith('on') ? 'terminal' : 'session'
      const [program = '', ...words] = [...through, process.execPath, FROZEN]
      const child = spawn(program, [...words, world.dir, where, '--', ...command], {
        env: world.env,
        // Shell code, for a launcher that would read its agent's stdin.
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      child.stdin.write(`}\necho started >>${file}\n`)
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      await until('frozen', () => said.includes('frozen'))
      const tree = [...descendantsOf(child.pid ?? 0), { pid: child.pid ?? 0, argv: [FROZEN] }]
      const gateway = tree.find(({ argv }) => argv.includes(FROZEN))?.pid ?? 0
      const all = [gateway, ...descendantsOf(gateway).map(({ pid }) => pid)]
      // Resolver, launcher, watcher.
      expect(all).toHaveLength(4)
      process.kill(gateway, 'SIGKILL')
      await until('all gone', () => !all.some(isAlive))
      expect(existsSync(file)).toBe(false)
    })
  }

  for (const [place, through, possible] of PLACES) {
    test.runIf(possible)(`${place}: also who has line ends and brackets in its name`, async () => {
      // The name is the kernel's, 15 bytes of it, for each of three: agent, child and grandchild.
      const rename = `printf '%s' 'a) S 1 \n) b' >/proc/$$/comm`
      const inner = `${rename}; sleep 600 & echo "ready $!"; wait`
      const script = `${rename}; /bin/sh -c "$0" "$0" & wait`
      const world = withOneFile()
      const args = ['run', '--config', world.config, '--', '/bin/sh', '-c', script, inner]
      const running = start(world, args, { through, stdin: 'pipe' })
      await running.says(/^ready \d+/m)
      const sleep = Number(/^ready (\d+)/m.exec(running.soFar().out)?.[1])
      const agent = above(above(sleep))
      const all = [agent, ...descendantsOf(agent).map(({ pid }) => pid)]
      expect(all).toHaveLength(3)
      expect(readFileSync(`/proc/${agent}/comm`, 'utf8')).toContain('\n)')
      process.kill(above(agent), 'SIGKILL')
      await until('all gone', () => !all.some(isAlive))
    })
  }

  test('at any moment of a start: nothing stays', async () => {
    const world = withOneFile()
    const seen = new Set<string>()
    const gateways = new Set<string>()
    let whole = 0
    for (let round = 0; round < 16; round++) {
      const script = `echo round-${round} "$K_FILE"; sleep 600 & sleep 600`
      const args = ['run', '--config', world.config, '--', '/bin/sh', '-c', script]
      const began = performance.now()
      const running = start(world, args, { through: ['setsid'] })
      gateways.add(String(running.pid))
      // The first shows how long a start takes here and now; the others end before, within and after it.
      if (round === 0) await running.says(/round-0/)
      else await pause((whole * 1.2 * round) / 15)
      if (round === 0) whole = performance.now() - began
      const all = [running.pid, ...descendantsOf(running.pid).map(({ pid }) => pid)]
      process.kill(running.pid, 'SIGKILL')
      const { out } = await running.ended
      await until('all gone', () => !all.some(isAlive))
      await until(
        'nothing came after',
        () => !processes().some(({ argv }) => argv.includes(script)),
      )
      seen.add(out === '' ? `${all.length} processes` : 'agent')
    }
    // Else this test has seen one moment only.
    expect(seen.size).toBeGreaterThan(1)
    // What was made and not yet watched over is removed by the next start.
    const last = await start(world, ['run', '--config', world.config, '--', 'true']).ended
    expect(last.code).toBe(0)
    const folders = readdirSync('/dev/shm').filter((name) => name.startsWith('secretref-'))
    expect(folders.filter((name) => gateways.has(name.split('-')[1] ?? ''))).toEqual([])
  }, 60_000)
})

describeOnLinux('kill -9 of the resolver', () => {
  test('the program that it has asked goes, and its children, and what watches over them', async () => {
    const world = makeWorld()
    const command = world.write(
      'program',
      `#!/bin/sh\nsleep 600 & echo $! >'${world.dir}/child'; sleep 600\n`,
      0o700,
    )
    world.writeConfig(configOf(['k'], {}, { exec: { command, timeoutMs: 60_000, passEnv: ['K'] } }))
    const args = ['run', '--config', world.config, '--', 'true']
    const running = start(world, args, { env: { K: 'fake-value-of-the-program' } })
    await until('asked', () => existsSync(join(world.dir, 'child')))
    const resolver = resolverOf(running.pid)?.pid ?? 0
    // The program, two children of its own, its watcher.
    await until('all there', () => descendantsOf(resolver).length === 4)
    const below = descendantsOf(resolver)
    const all = below.map(({ pid }) => pid)
    const watcher = below.find(({ argv }) => argv.includes('secretref-exec-watcher'))?.pid ?? 0
    expect(procFile(watcher, 'environ')).toBe('')
    process.kill(resolver, 'SIGKILL')
    await until('all gone', () => !all.some(isAlive))
    expect((await running.ended).code).toBe(125)
  })
})

describeOnLinux('the watcher', () => {
  test('goes when the run is over', async () => {
    const world = withOneFile()
    const args = [
      'run',
      '--config',
      world.config,
      '--',
      '/bin/sh',
      '-c',
      'echo ready; read -r line',
    ]
    const running = start(world, args, { through: ['setsid'], stdin: 'pipe' })
    await running.says(/ready/)
    const watcher = watcherOf(running.pid)?.pid ?? 0
    expect(isAlive(watcher)).toBe(true)
    running.child.stdin?.end('\n')
    expect((await running.ended).code).toBe(0)
    await until('gone', () => !isAlive(watcher))
  })

  test('killed, it takes nothing along', async () => {
    const world = withOneFile()
    const args = [
      'run',
      '--config',
      world.config,
      '--',
      '/bin/sh',
      '-c',
      'echo ready; read -r line; cat "$K_FILE"',
    ]
    const running = start(world, args, { through: ['setsid'], stdin: 'pipe' })
    await running.says(/ready/)
    process.kill(watcherOf(running.pid)?.pid ?? 0, 'SIGKILL')
    running.child.stdin?.end('\n')
    expect(await running.ended).toMatchObject({ code: 0, out: 'ready\nfake-value-k' })
  })

  test('has nothing of ours: no environment, no folder, no stream', async () => {
    const world = withOneFile()
    const args = [
      'run',
      '--config',
      world.config,
      '--',
      '/bin/sh',
      '-c',
      'echo ready; read -r line',
    ]
    const running = start(world, args, { through: ['setsid'], stdin: 'pipe' })
    await running.says(/ready/)
    const watcher = watcherOf(running.pid)?.pid ?? 0
    expect(readFileSync(`/proc/${watcher}/environ`, 'utf8')).not.toMatch(/HOME|SECRETREF|fake/)
    running.child.stdin?.end('\n')
    await running.ended
  })
})
