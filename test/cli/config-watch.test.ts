/** How a config is edited, by people, editors and deployments, under a gateway that looks at it. */
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeOnLinux } from '../process/support.ts'
import { serving, trust, type Stage } from './reloading.ts'

/** Nothing of it is ever started. */
const yearly = { command: ['/bin/true'], schedule: '0 0 1 1 *', 'tool-bindings': {} }

const names = ({ server }: Stage): string[] => [...server.served.keys()]

/** So many looks, each two seconds after the one before in life. */
async function look({ watch }: Stage, times = 2): Promise<void> {
  for (let i = 0; i < times; i++) await watch.look()
}

/** The text of the stage's config with one more agent. */
function withOne({ config }: Stage, name: string): string {
  const content = JSON.parse(readFileSync(config, 'utf8'))
  content.agents[name] = yearly
  return JSON.stringify(content)
}

function refusals(stage: Stage): (string | undefined)[] {
  const rejected = stage.records().filter(({ event }) => event === 'config.rejected')
  expect(stage.io.stderr.match(/config not reloaded/g) ?? []).toHaveLength(rejected.length)
  return rejected.map(({ code }) => code)
}

describeOnLinux('a watched config', () => {
  test('is taken when it has settled: the same by two looks', async () => {
    const stage = await serving({ a: yearly })
    await look(stage, 3)
    writeFileSync(stage.config, withOne(stage, 'b'))
    await look(stage, 1)
    expect(names(stage)).toEqual(['a'])
    await look(stage, 1)
    expect(names(stage)).toEqual(['a', 'b'])
    await look(stage, 5)
    expect(stage.events().filter((event) => event === 'config.reloaded')).toHaveLength(1)
  })

  test('is not taken while edits go on, and then once', async () => {
    const stage = await serving({ a: yearly })
    for (let i = 0; i < 10; i++) {
      writeFileSync(stage.config, withOne(stage, `b${i}`))
      await look(stage, 1)
    }
    expect(names(stage)).toEqual(['a'])
    await look(stage)
    expect(names(stage)).toHaveLength(11)
    expect(stage.events().filter((event) => event === 'config.reloaded')).toHaveLength(1)
  })

  test('half written is refused, once, and the old one stays; whole it is taken', async () => {
    const stage = await serving({ a: yearly })
    const whole = withOne(stage, 'b')
    writeFileSync(stage.config, whole.slice(0, whole.length / 2))
    await look(stage, 10)
    expect(refusals(stage)).toEqual(['CONFIG_INVALID'])
    expect(names(stage)).toEqual(['a'])
    // And cut off to nothing, as the shell does it.
    writeFileSync(stage.config, '')
    await look(stage, 10)
    expect(refusals(stage)).toEqual(['CONFIG_INVALID', 'CONFIG_INVALID'])
    writeFileSync(stage.config, whole)
    await look(stage)
    expect(names(stage)).toEqual(['a', 'b'])
  })

  test('put in place by a rename, or by another link, is seen', async () => {
    const stage = await serving({ a: yearly })
    const beside = join(stage.dir, '.secretref.json.swp')
    writeFileSync(beside, withOne(stage, 'b'), { mode: 0o600 })
    renameSync(beside, stage.config)
    await look(stage)
    expect(names(stage)).toEqual(['a', 'b'])
    // As Kubernetes mounts it.
    const [one, two] = ['one', 'two'].map((name) => join(stage.dir, name))
    writeFileSync(String(one), readFileSync(stage.config), { mode: 0o600 })
    writeFileSync(String(two), withOne(stage, 'c'), { mode: 0o600 })
    for (const [target, agents] of [
      [one, ['a', 'b']],
      [two, ['a', 'b', 'c']],
    ] as const) {
      symlinkSync(String(target), beside)
      renameSync(beside, stage.config)
      await look(stage)
      expect(names(stage)).toEqual(agents)
    }
  })

  test('that is only touched, or written again as it was, is no news', async () => {
    const stage = await serving({ a: yearly })
    const { length } = stage.records()
    utimesSync(stage.config, 1, 1)
    await look(stage)
    writeFileSync(stage.config, readFileSync(stage.config))
    await look(stage)
    expect(stage.records()).toHaveLength(length)
    expect(stage.io.stderr).toBe('')
  })

  test('that is gone, no file, a link to itself, or open to others: told once each, and what holds stays', async () => {
    const stage = await serving({ a: yearly })
    const text = readFileSync(stage.config)
    rmSync(stage.config)
    await look(stage, 100)
    mkdirSync(stage.config)
    await look(stage, 100)
    rmSync(stage.config, { recursive: true })
    symlinkSync(stage.config, stage.config)
    await look(stage, 100)
    rmSync(stage.config)
    writeFileSync(stage.config, text, { mode: 0o600 })
    chmodSync(stage.config, 0o666)
    await look(stage, 100)
    expect(refusals(stage)).toEqual([
      'CONFIG_NOT_FOUND',
      'CONFIG_INSECURE',
      'CONFIG_NOT_FOUND',
      'CONFIG_INSECURE',
    ])
    expect(stage.io.stderr).toContain(`the config ${stage.config} is not there [CONFIG_NOT_FOUND]`)
    chmodSync(stage.config, 0o600)
    await look(stage)
    expect(stage.io.stderr).toContain('the config is again the one that holds\n')
    writeFileSync(stage.config, withOne(stage, 'b'))
    await look(stage)
    expect(names(stage)).toEqual(['a', 'b'])
  })

  test('that needs trust waits for it, says so once, and is taken when it is given', async () => {
    const stage = await serving({ a: yearly }, { found: true })
    writeFileSync(stage.config, withOne(stage, 'b'))
    await look(stage, 100)
    expect(refusals(stage)).toEqual(['CONFIG_UNTRUSTED'])
    expect(stage.io.stderr).toMatch(/\[CONFIG_UNTRUSTED\]\nhint: .*secretref trust/)
    expect(names(stage)).toEqual(['a'])
    await trust(stage)
    await look(stage)
    expect(names(stage)).toEqual(['a', 'b'])
    // An edit after trust was given needs it again.
    writeFileSync(stage.config, withOne(stage, 'c'))
    await look(stage)
    expect(refusals(stage)).toEqual(['CONFIG_UNTRUSTED', 'CONFIG_UNTRUSTED'])
  })
})
