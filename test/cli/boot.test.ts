/** The boot file on a Node that is too old: one sentence, before anything new is read. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { CLI, ROOT } from '../process/support.ts'
import { skipLoudly } from '../values/loud.ts'

const BOOT = join(ROOT, 'src/cli/boot.cjs')

interface Booted {
  code: number | undefined
  err: string
  required: string[]
}

/** The boot file in a process that says it is another Node, or another system. */
function boot(version: string, args: readonly string[], platform = 'linux'): Booted {
  const booted: Booted = { code: undefined, err: '', required: [] }
  class Exit extends Error {}
  const process = {
    versions: { node: version },
    platform,
    argv: ['node', 'secretref', ...args],
    env: {},
    stderr: { write: (text: string) => (booted.err += text) },
    exit: (code: number) => {
      booted.code = code
      throw new Exit()
    },
  }
  const require = (name: string): void => void booted.required.push(name)
  // `#!` is read by the shell; Node's own loader takes it away.
  const text = readFileSync(BOOT, 'utf8').replace(/^#!.*/, '')
  try {
    runInNewContext(text, { process, require })
  } catch (error) {
    if (!(error instanceof Exit)) throw error
  }
  return booted
}

describe('on an older Node', () => {
  test.each(['6.17.1', '12.22.12', '18.20.8', '20.20.2', '22.22.3', '23.11.1'])('%s', (version) => {
    const { code, err, required } = boot(version, ['config', 'check'])
    expect(code).toBe(1)
    expect(err).toMatch(/^secretref: needs Node 24 or newer, and this is Node [\d.]+; [^\n]+\n$/)
    expect(err).toContain(version)
    expect(required).toEqual([])
  })

  test.each([
    [['run', '--', 'true'], 125],
    [['gateway', 'run'], 125],
    [['gateway', 'status'], 1],
    [[], 1],
  ])('%j ends with %d', (args, code) => {
    expect(boot('20.0.0', args).code).toBe(code)
  })

  test('it really says so on one', (context) => {
    const old = (process.env['PATH'] ?? '')
      .split(delimiter)
      .map((dir) => join(dir, 'node'))
      .filter((node) => existsSync(node))
      .find((node) => {
        const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
        return Number(/^v(\d+)/.exec(stdout)?.[1] ?? 24) < 24
      })
    if (old === undefined) skipLoudly(context, 'the boot file on an older Node', 'none in PATH')
    const run = spawnSync(old, [CLI, 'run', '--', '/bin/echo', 'started'], { encoding: 'utf8' })
    expect({ code: run.status, out: run.stdout }).toEqual({ code: 125, out: '' })
    expect(run.stderr).toMatch(/^secretref: needs Node 24 or newer, [^\n]+\n$/)
    expect(spawnSync(old, [CLI, '--help'], { encoding: 'utf8' }).status).toBe(1)
  })
})

test('on Windows itself it names WSL', () => {
  const { code, err } = boot('24.21.0', ['run'], 'win32')
  expect(code).toBe(1)
  expect(err).toMatch(/^secretref: [^\n]*WSL\n$/)
})
