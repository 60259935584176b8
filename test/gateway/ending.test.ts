/** How we end after an agent: the codes, and the processes that end by them. */
import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitCodeOf } from '../../src/gateway/ending.ts'

const ENDING = join(import.meta.dirname, '../../src/gateway/ending.ts')

describe('the exit code of an ending', () => {
  test('a code is itself, all 256 of them', () => {
    for (let code = 0; code < 256; code++) expect(exitCodeOf({ code })).toBe(code)
  })

  test('a signal is 128 and its number', () => {
    expect(exitCodeOf({ signal: 'SIGHUP' })).toBe(129)
    expect(exitCodeOf({ signal: 'SIGINT' })).toBe(130)
    expect(exitCodeOf({ signal: 'SIGKILL' })).toBe(137)
    expect(exitCodeOf({ signal: 'SIGSEGV' })).toBe(139)
    expect(exitCodeOf({ signal: 'SIGTERM' })).toBe(143)
  })

  test('one that nothing is known of is a failure', () => {
    expect(exitCodeOf({})).toBe(1)
  })
})

/** A process that has listeners for the signal, and ends like that. */
function end(ending: object): { status: number | null; signal: NodeJS.Signals | null } {
  const script = `
    import { endLike } from ${JSON.stringify(ENDING)}
    for (const name of ['SIGTERM', 'SIGUSR1', 'SIGPIPE', 'SIGQUIT']) process.on(name, () => {})
    endLike(${JSON.stringify(ending)})
  `
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  return { status, signal }
}

describe('a process that ends like its agent', () => {
  test.each([
    [{ code: 0 }, { status: 0, signal: null }],
    [{ code: 255 }, { status: 255, signal: null }],
    [{ signal: 'SIGTERM' }, { status: null, signal: 'SIGTERM' }],
    // Node's debugger has a hand in this one, and ignores that one.
    [{ signal: 'SIGUSR1' }, { status: null, signal: 'SIGUSR1' }],
    [{ signal: 'SIGPIPE' }, { status: null, signal: 'SIGPIPE' }],
    [{ signal: 'SIGKILL' }, { status: null, signal: 'SIGKILL' }],
    [{ signal: 'SIGQUIT' }, { status: 128 + constants.signals.SIGQUIT, signal: null }],
  ])('%j', (ending, outcome) => {
    expect(end(ending)).toEqual(outcome)
  })
})
