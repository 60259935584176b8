/** Many processes, one chain; and what `append` has acknowledged survives kill -9. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { build } from 'rolldown'
import { describe, expect, onTestFinished, test } from 'vitest'
import { segmentsOf } from '../../src/audit/segments.ts'
import type { Home } from '../../src/state/home.ts'
import { recordsIn, tempDir, tempHome, verify, writeLog, writeSettings } from '../audit/home.ts'

const WRITER = join(import.meta.dirname, 'audit-writer.ts')

interface Running {
  child: ChildProcessByStdio<Writable, Readable, null>
  /** It has booted, and begins when its stdin is closed. */
  ready: Promise<unknown>
  /** All that it said, once it has ended. */
  said: Promise<string>
}

function start(home: Home, args: string[], program = WRITER): Running {
  const child = spawn(process.execPath, [program, ...args], {
    env: { SECRETREF_HOME: home.dir, WAIT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, ready: once(child.stdout, 'readable'), said: text(child.stdout) }
}

/** The writer as one file, which boots in half the time. */
async function bundled(): Promise<string> {
  const dir = tempDir()
  await build({ input: WRITER, platform: 'node', output: { dir }, logLevel: 'silent' })
  return join(dir, 'audit-writer.js')
}

/** Name and seq of every record that a process said was durable. */
function acknowledged(said: string): [name: string, seq: number][] {
  return Array.from(said.matchAll(/^ack (\S+) (\d+)$/gm), ([, name = '', seq]) => [
    name,
    Number(seq),
  ])
}

describe('one chain', () => {
  test('eight processes append at once from the first record on: no gap, no break, nothing lost', async () => {
    const home = tempHome()
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const running = names.map((name) => start(home, [name, '4', '50']))
    await Promise.all(running.map(({ ready }) => ready))
    for (const { child } of running) child.stdin.end()
    const acks = (await Promise.all(running.map(({ said }) => said))).flatMap(acknowledged)
    expect(acks).toHaveLength(8 * 4 * 50)

    const records = recordsIn(home)
    expect(records.map(({ event }) => event).filter((event) => event !== 'grant.released')).toEqual(
      ['log.opened'],
    )
    expect(verify(home)).toMatchObject({ records: 1601, acknowledged: 1601, torn: 0 })
    expect(verify(home).bad).toBeUndefined()
    for (const [name, seq] of acks) expect(records[seq - 1]?.reason).toBe(name)
    // They did take turns: else this test shows nothing.
    const turns = records.filter(({ actor }, i) => actor.id !== records[i - 1]?.actor.id)
    expect(turns.length).toBeGreaterThan(50)
  }, 60_000)

  test('kill -9 under load, 200 times: what was acknowledged is there, and the chain is whole', async () => {
    const home = tempHome()
    // Rolls and checkpoints are killed as well.
    writeSettings(home, { segment: { bytes: 10_000 }, checkpoint: { records: 25 } })
    const program = await bundled()
    const acks: [string, number][] = []
    // While one of them boots the others are at work.
    const lane = async (id: string): Promise<void> => {
      for (let round = 0; round < 50; round++) {
        const victim = start(home, [`${id}-${round}`, '4', '1000000'], program)
        await victim.ready
        victim.child.stdin.end()
        // Each fifth while it opens the log, the others at any moment of their work.
        if (round % 5 !== 0) await once(victim.child.stdout, 'data')
        await setTimeout(Math.random() * 15)
        victim.child.kill('SIGKILL')
        acks.push(...acknowledged(await victim.said))
      }
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(lane))

    // Whoever comes next mends what a victim left unfinished, and looks at what was signed.
    await writeLog(home, 1)
    const records = recordsIn(home)
    expect(verify(home)).toMatchObject({ records: records.length, torn: 0 })
    expect(verify(home).bad).toBeUndefined()
    expect(acks.length).toBeGreaterThan(200)
    for (const [name, seq] of acks) expect(records[seq - 1]?.reason).toBe(name)
    expect(segmentsOf(home).length).toBeGreaterThan(3)
  }, 60_000)
})
