/** The current folder was removed: what needs it says so, everything else works. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configOf, makeWorld, run, type Ended } from './support.ts'

test('each command needs it only for what is read from it', { timeout: 60_000 }, async () => {
  const w = makeWorld({ config: configOf(['a']), secrets: { a: 'fake' } })
  const inGone = (args: string[]): Promise<Ended> => {
    const gone = join(w.dir, 'gone')
    mkdirSync(gone)
    const script = 'cd "$0" && rmdir "$0" && exec "$@"'
    return run(w, args, { through: ['/bin/sh', '-c', script, gone] }).finally(() =>
      rmSync(gone, { recursive: true, force: true }),
    )
  }
  const sentence = 'secretref: the current folder is gone, and this needs it [USAGE]\nhint: cd to '
  for (const [args, code] of [
    [['run', '--config', w.config, '--', 'true'], 125],
    [['run', '--', 'true'], 125],
    [['init'], 1],
  ] as const) {
    const ended = await inGone([...args])
    expect([args, ended.code, ended.err]).toEqual([args, code, expect.stringContaining(sentence)])
  }
  w.writeConfig(configOf(['a'], { cwd: '.' }))
  for (const args of [
    ['run', '--config', w.config, '--', 'true'],
    ['--version'],
    ['--help'],
    ['log', 'verify'],
    ['why', '--config', w.config],
    ['config', 'check', '--config', w.config],
  ]) {
    const { code, err } = await inGone(args)
    expect([args, code, err]).toEqual([args, 0, ''])
  }
})
