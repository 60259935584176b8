/** Many reloads: what they cost an agent, and that nothing of older configs is kept. */
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { MovedClock } from '../gateway/clock.ts'
import { describeOnLinux, isAlive, until } from '../process/support.ts'
import { pidOf, says, serving, stays, type Stage } from './reloading.ts'

async function change(stage: Stage, words: string): Promise<void> {
  stage.edit(({ agents }) => Object.assign(agents['a'] ?? {}, { command: says(words) }))
  expect(await stage.reloader.reload('asked')).toMatchObject({ ok: true, changed: ['a'] })
}

const starts = (stage: Stage): number =>
  stage.events().filter((event) => event === 'run.started').length

describeOnLinux('quick edits of an agent that restarts on a change', () => {
  test('the first restarts it at once, those that follow together, later, into the last of them', async () => {
    const clock = new MovedClock()
    const stage = await serving({ a: stays('a', { onChange: 'restart' }) }, { clock })
    await stage.run('a')
    await change(stage, 'edit 0')
    await until('started anew', () => stage.io.stderr.split('a: started (pid').length === 3)
    await stage.sees(/^edit 0 \d+/m)
    for (let i = 1; i < 20; i++) await change(stage, `edit ${i}`)
    await clock.pass(999)
    expect(isAlive(pidOf(stage, 'edit 0'))).toBe(true)
    expect(stage.io.stderr).toContain('a: has changed again so soon; it is started again in 1 s\n')
    await clock.pass(1)
    await stage.sees(/^edit 19 \d+/m)
    await until('recorded', () => starts(stage) === 3)
    expect(stage.seen()).not.toContain('edit 18')
    await until('runs', () => stage.io.stderr.split('a: started (pid').length === 4)
    // Back and forth within the next pause: it runs as the config says already.
    await change(stage, 'edit 20')
    await change(stage, 'edit 19')
    await clock.pass(60_000)
    expect(isAlive(pidOf(stage, 'edit 19'))).toBe(true)
    expect(starts(stage)).toBe(3)
  })
})

function handles(): Record<string, number> {
  const counts: Record<string, number> = { files: readdirSync('/proc/self/fd').length }
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  // Weak references are kept until their turn of the loop is over.
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
}

/** How many are still there. */
function left(refs: readonly WeakRef<object>[]): number {
  return new Set(refs.map((ref) => ref.deref()).filter((one) => one !== undefined)).size
}

describeOnLinux('two hundred reloads', () => {
  test('leave no gateway, agent, file or timer behind', async () => {
    const stage = await serving({ a: stays('a') })
    await stage.run('a')
    const yearly = { command: ['/bin/true'], schedule: '0 0 1 1 *', 'tool-bindings': {} }
    const old: { gateways: WeakRef<object>[]; agents: WeakRef<object>[] } = {
      gateways: [],
      agents: [],
    }
    const reload = async (i: number): Promise<void> => {
      stage.edit(({ agents }) => {
        delete agents[`b${i - 1}`]
        agents[`b${i}`] = yearly
      })
      expect(await stage.reloader.reload('asked')).toMatchObject({ added: [`b${i}`] })
      old.gateways.push(new WeakRef(stage.reloader.gateway))
      for (const served of stage.server.served.values()) old.agents.push(new WeakRef(served))
    }
    for (let i = 0; i < 20; i++) await reload(i)
    const before = handles()
    for (let i = 20; i < 200; i++) await reload(i)
    // A timer of the first seconds may be over by now; none more is there.
    const more = Object.entries(handles()).filter(([name, count]) => count > (before[name] ?? 0))
    expect(more).toEqual([])
    await collect()
    // What holds now, and `a`, which has been there all the time.
    expect(left(old.gateways)).toBe(1)
    expect(left(old.agents)).toBe(2)
    expect([...stage.server.served.keys()]).toEqual(['a', 'b199'])
    const { db } = stage.reloader.gateway
    expect(db.prepare('SELECT count(*) AS count FROM gateways').get()).toEqual({ count: 2 })
  })
})
