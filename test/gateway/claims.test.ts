/** Who serves an agent, where gateways do not see each other's pids. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { claim, unclaim } from '../../src/gateway/claims.ts'
import { makeSocketPath } from '../../src/gateway/control/place.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { startTimeOf } from '../../src/gateway/surroundings.ts'
import { claimAgent, type Holder } from '../../src/state/runs.ts'
import { serving } from '../cli/reloading.ts'
import { describeOnLinux } from '../process/support.ts'

const yearly = { command: ['/bin/true'], schedule: '0 0 1 1 *', 'tool-bindings': {} }

/** A gateway whose agent `other` is claimed by `holder`. */
async function claimed(holder: Holder): Promise<Gateway> {
  const { reloader } = await serving({ a: yearly })
  const { gateway } = reloader
  const { db, loaded } = gateway
  claimAgent(db, { config: loaded.path, agent: 'other' }, holder, () => false)
  return gateway
}

async function outcome(gateway: Gateway): Promise<string> {
  try {
    await claim(gateway, ['other'])
    return 'claimed'
  } catch (error) {
    return String(error)
  }
}

/** The control socket of a gateway in another container. */
async function listens(gateway: Gateway, id: string): Promise<void> {
  const own = await makeSocketPath(gateway.home, gateway.loaded.path)
  const server = createServer((socket) => socket.on('error', () => socket.destroy()))
  await new Promise<void>((resolve) => {
    server.listen(own.replace(/-\d+-\d+\.sock$/, `-${id}.sock`), () => resolve())
  })
  onTestFinished(() => void server.close())
}

describeOnLinux('a claim', () => {
  test('of another container holds while its gateway listens, whatever its pid is here', async () => {
    for (const pid of [process.pid, 4_194_301]) {
      const gateway = await claimed({ pid, started: `${startTimeOf(process.pid)}@17` })
      await listens(gateway, `${pid}-17`)
      expect(await outcome(gateway)).toMatch(/served by another gateway \(pid \d+\)/)
    }
  })

  test('of another container where nobody listens is taken over', async () => {
    const gateway = await claimed({ pid: process.ppid, started: `${startTimeOf(process.ppid)}@17` })
    await listens(gateway, `${process.ppid}-18`)
    expect(await outcome(gateway)).toBe('claimed')
  })

  test('of another container without a socket holds while its process shows that it lives', async () => {
    const gateway = await claimed({ pid: 7, started: '123@17' })
    mkdirSync(gateway.home.live, { recursive: true, mode: 0o700 })
    const sign = join(gateway.home.live, '7-123-17')
    writeFileSync(sign, '')
    expect(await outcome(gateway)).toMatch(/served by another gateway \(pid 7\)/)
    const silent = Date.now() / 1000 - 181
    utimesSync(sign, silent, silent)
    expect(await outcome(gateway)).toBe('claimed')
  })

  test('of before namespaces were noted goes by pid and start time', async () => {
    const started = startTimeOf(process.ppid)
    expect(await outcome(await claimed({ pid: process.ppid, started }))).toMatch(/another gateway/)
    expect(await outcome(await claimed({ pid: process.ppid, started: '1' }))).toBe('claimed')
  })

  test('of ours is no obstacle, and what was claimed with a refused one is given back', async () => {
    const gateway = await claimed({ pid: process.ppid, started: startTimeOf(process.ppid) })
    await claim(gateway, ['mine'])
    await claim(gateway, ['mine'])
    await expect(claim(gateway, ['new', 'other'])).rejects.toThrow(/agent other is served/)
    const holders = gateway.db.prepare('SELECT agent, pid FROM gateways ORDER BY agent').all()
    expect(holders.map(({ agent, pid }) => [agent, pid])).toEqual([
      ['a', process.pid],
      ['mine', process.pid],
      ['other', process.ppid],
    ])
    unclaim(gateway, ['mine', 'other'])
    const left = gateway.db.prepare('SELECT agent FROM gateways ORDER BY agent').all()
    expect(left.map(({ agent }) => agent)).toEqual(['a', 'other'])
  })
})
