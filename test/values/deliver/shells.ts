/** Launch scripts run through every shell that may stand behind `/bin/sh` somewhere. */
import { spawnSync } from 'node:child_process'
import { accessSync, closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { loudly } from '../loud.ts'

export interface Shell {
  name: string
  words: readonly [string, ...string[]]
}

const WANTED: readonly [string, ...string[]][] = [
  ['sh'],
  ['dash'],
  ['bash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
  ['mksh'],
  ['zsh', '--emulate', 'sh'],
]

/** Those that this machine has; each of the others is named loudly. */
export function installedShells(): Shell[] {
  return WANTED.flatMap(([program, ...words]) => {
    const name = [program, ...words].join(' ')
    const path = ['/bin', '/usr/bin', '/usr/local/bin']
      .map((dir) => join(dir, program))
      .find(isExecutable)
    if (path !== undefined) return [{ name, words: [path, ...words] }]
    loudly(`launch script through ${name}`, 'not installed')
    return []
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface Launched {
  status: number | null
  /** Of the shell and the agent. */
  stdout: Buffer
  /** Of the agent alone; the shell's own is /dev/null. */
  stderr: Buffer
}

/** As the gateway does it: script on fd 0, stdin on fd 3, stderr on fd 4, an empty environment. */
export function launchThrough(
  shell: Shell,
  script: Buffer,
  command: readonly string[],
  stdin = '/dev/null',
): Launched {
  const [program, ...words] = shell.words
  const input = openSync(stdin, 'r')
  try {
    const { status, output } = spawnSync(program, [...words, '-s', '--', ...command], {
      env: {},
      input: script,
      stdio: ['pipe', 'pipe', 'ignore', input, 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
    const [, stdout, , , stderr] = output as (Buffer | null)[]
    return { status, stdout: stdout ?? Buffer.alloc(0), stderr: stderr ?? Buffer.alloc(0) }
  } finally {
    closeSync(input)
  }
}
