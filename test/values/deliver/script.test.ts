import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  launchScript,
  MAX_VARIABLE_BYTES,
  type Variable,
} from '../../../src/values/deliver/script.ts'
import { environment } from '../../process/support.ts'
import { loudly } from '../loud.ts'
import { installedShells, launchThrough, type Shell } from './shells.ts'

const SHELLS = installedShells()
const ENVIRONMENT = ['/usr/bin/env', '-0']

/** Every byte that a variable can hold, forwards and backwards. */
const BYTES = Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1))

const AWKWARD: readonly Buffer[] = [
  BYTES,
  Buffer.from(BYTES).reverse(),
  ...[
    'trailing newlines\n\n\n',
    '\n',
    `'`,
    `''''`,
    `'\\''`,
    `"double" 'single' \\ \\\\`,
    '$(echo no) `echo no` ${HOME} $1 $$ $(',
    '}\n',
    `'\n}\nexec /bin/echo no\n`,
    '-n',
    ' leading and trailing ',
    '~ * ? [a-z] {a,b} !history # comment & ; | < >',
    '令牌 🔑 é ',
    'tab\tvertical\vfeed\fcarriage\rbell\u0007escape\u001b[31m',
    'NAME=value',
    'a\\\nb',
  ].map((text) => Buffer.from(text)),
  Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x80, 0xe2, 0x82]),
  Buffer.from([0x81, 0x27, 0x81, 0x5c, 0x01, 0x7f, 0x01, 0x01]),
  Buffer.alloc(100 * 1024, 'invented ® '),
]

const named = (values: readonly Buffer[]): Variable[] =>
  values.map((value, i) => ({ name: `VALUE_${i}`, value }))

function expectArrived(shell: Shell, variables: readonly Variable[]): void {
  const { status, stdout, stderr } = launchThrough(shell, launchScript(variables), ENVIRONMENT)
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  const arrived = environment(stdout)
  for (const { name, value } of variables) {
    const got = arrived.get(name)
    if (got?.equals(value)) continue
    expect.fail(`${name}: ${value.toString('hex')} arrived as ${got?.toString('hex')}`)
  }
}

describe.each(SHELLS)('through $name', (shell) => {
  test('bytes that mean something to a shell arrive as they are', () => {
    expectArrived(shell, named(AWKWARD))
  })

  test('any bytes without NUL arrive as they are', () => {
    const value = fc
      .uint8Array({ min: 1, max: 255, maxLength: 60 })
      .map((bytes) => Buffer.from(bytes))
    const telling = fc
      .array(fc.constantFrom(`'`, '\\', '\n', '$', '`', '"', '}', '\u0001', '\u007f'))
      .map((parts) => Buffer.from(parts.join('')))
    fc.assert(
      fc.property(fc.array(fc.oneof(value, telling), { minLength: 1, maxLength: 30 }), (values) => {
        expectArrived(shell, named(values))
      }),
      { numRuns: 15 },
    )
  })

  test('under a multibyte locale that the agent inherits too', () => {
    const locale = { name: 'LC_ALL', value: Buffer.from('C.UTF-8') }
    expectArrived(shell, [locale, ...named(AWKWARD)])
  })

  test('the limit of one variable is exact, name and = included', () => {
    const largest = Buffer.alloc(MAX_VARIABLE_BYTES - 'KEY='.length, 'v')
    expectArrived(shell, [{ name: 'KEY', value: largest }])
    const larger = Buffer.alloc(largest.length + 1, 'v')
    const script = launchScript([{ name: 'KEY', value: larger }])
    const { status, stdout } = launchThrough(shell, script, ['/bin/echo', 'started'])
    if (process.platform === 'linux') {
      expect(stdout.toString()).toBe('')
      expect(status).not.toBe(0)
    }
  })

  test('the agent has its own stdin, stdout and stderr, and no other descriptor of ours', () => {
    const dir = mkdtempSync(join(tmpdir(), 'secretref-script-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const stdin = join(dir, 'stdin')
    writeFileSync(stdin, 'from stdin')
    const agent =
      'cat; echo out; echo err >&2; for fd in 3 4; do [ -e /dev/fd/$fd ] && echo has $fd; done; exit 7'
    const launched = launchThrough(shell, launchScript([]), ['/bin/sh', '-c', agent], stdin)
    expect(launched.stdout.toString()).toBe('from stdinout\n')
    expect(launched.stderr.toString()).toBe('err\n')
    expect(launched.status).toBe(7)
  })

  test('arguments arrive as they are', () => {
    const words = ['a b', `'`, '$(echo no)', '', '-s', '--', '令牌', '\n', '*']
    const { stdout } = launchThrough(shell, launchScript([]), [
      '/usr/bin/printf',
      '%s\\0',
      ...words,
    ])
    expect(stdout.toString().split('\0')).toEqual([...words, ''])
  })
})

/** The agent's stdin, as an attacker would like it to be read: as code, with credentials exported. */
function hostileStdin(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-script-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'stdin')
  const code = `}\n'\n}\n/usr/bin/env\necho stolen "$KEY" >&4\necho stolen "$KEY"\nexec /usr/bin/env\n`
  writeFileSync(path, code)
  return path
}

describe.each(SHELLS)('a script that was cut, through $name', (shell) => {
  const marker = 'fake-value-that-nobody-may-see'
  const command = ['/bin/echo', 'started']

  /** The exit code is not looked at: 0, 1 and 2 were seen, and an agent ends with them too. */
  function expectNothing(script: Buffer, cut: number, stdin: string): void {
    const { stdout, stderr } = launchThrough(shell, script.subarray(0, cut), command, stdin)
    if (stdout.length === 0 && stderr.length === 0) return
    expect.fail(`cut at ${cut} of ${script.length}: ${stdout.toString()}${stderr.toString()}`)
  }

  const small = launchScript(
    [
      { name: 'KEY', value: Buffer.from(marker) },
      { name: 'OTHER', value: Buffer.from(`'}\n'`) },
    ],
    ['HUP', 'INT'],
    1024,
  )

  test('whole, it starts the agent (so that the rest of this shows something)', () => {
    const { stdout } = launchThrough(shell, small, command)
    expect(stdout.toString()).toBe('started\n')
    // The newline after the brace is what lets a shell go on at once; the end of file does it too.
    const { stdout: same } = launchThrough(shell, small.subarray(0, -1), command)
    expect(same.toString()).toBe('started\n')
  })

  test('anywhere in a small one: nothing is started, nothing is printed', () => {
    const stdin = hostileStdin()
    for (let cut = 0; cut < small.length - 1; cut++) expectNothing(small, cut, stdin)
  })

  test('anywhere in a large one: nothing is started, nothing is printed', () => {
    const stdin = hostileStdin()
    const values = Array.from({ length: 12 }, () =>
      Buffer.from(`${marker}\n}\nexec "$@"\n'; echo "$KEY"; echo '`.repeat(25)),
    )
    const large = launchScript([{ name: 'KEY', value: Buffer.from(marker) }, ...named(values)])
    fc.assert(
      fc.property(fc.nat(large.length - 2), (cut) => expectNothing(large, cut, stdin)),
      // Each is a process that reads its script byte by byte.
      { numRuns: 200 },
    )
  }, 60_000)
})

describe.each(SHELLS.filter(({ name }) => !name.startsWith('zsh')))(
  'what the agent gets back, through $name',
  (shell) => {
    test('signals that were ignored stay ignored, by whatever name they are known', (context) => {
      if (process.platform !== 'linux') {
        loudly('ignored signals', 'no /proc')
        context.skip()
      }
      // The first two cannot be ignored; of the others no shell keeps SEGV, and dash not CHLD.
      const out = new Set(['SIGKILL', 'SIGSTOP', 'SIGSEGV', 'SIGCHLD'])
      const names = Object.keys(constants.signals).filter((name) => !out.has(name))
      const script = launchScript(
        [],
        names.map((name) => name.slice('SIG'.length)),
      )
      const { stdout } = launchThrough(shell, script, ['/bin/cat', '/proc/self/status'])
      const mask = /^SigIgn:\s+([0-9a-f]+)$/m.exec(stdout.toString())?.[1]
      const numbers = new Set(
        Object.entries(constants.signals).map(([name, number]) => (out.has(name) ? 0 : number)),
      )
      numbers.delete(0)
      const expected = Array.from(numbers).reduce((bits, n) => bits | (1n << BigInt(n - 1)), 0n)
      expect(mask).toBe(expected.toString(16).padStart(16, '0'))
    })

    test('the soft limit on open files; one above the hard limit stops nothing', () => {
      const agent = ['/bin/sh', '-c', 'ulimit -S -n']
      expect(launchThrough(shell, launchScript([], [], 321), agent).stdout.toString()).toBe('321\n')
      const limits = launchThrough(shell, launchScript([]), ['/bin/sh', '-c', 'ulimit -H -n'])
      const hard = Number(limits.stdout.toString())
      // macOS says `unlimited`: there is nothing above it.
      if (Number.isNaN(hard)) return
      const beyond = launchThrough(shell, launchScript([], [], hard + 1), agent)
      expect(beyond.status).toBe(0)
      expect(beyond.stdout.toString()).toMatch(/^\d+\n$/)
    })
  },
)

describe('a script is not made', () => {
  test.each(['', '1A', 'A-B', 'A B', 'A=B', 'A;id', "A'", 'A\n', 'É'])(
    'for the name %j',
    (name) => {
      expect(() => launchScript([{ name, value: Buffer.from('v') }])).toThrow(TypeError)
    },
  )

  test.each(['', 'x', "INT' EXIT", 'EXIT', '0', '2'])('for the signal %j', (signal) => {
    expect(() => launchScript([], [signal])).toThrow(TypeError)
  })

  test.each([Number.NaN, 1.5, Infinity])('for the limit %d', (limit) => {
    expect(() => launchScript([], [], limit)).toThrow(TypeError)
  })
})
