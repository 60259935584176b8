/** What processes ask of the kernel, in the order in which they ask: strace(1), read line by line. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { TestContext } from 'vitest'
import { skipLoudly } from '../values/loud.ts'

const STRACE = '/usr/bin/strace'

/** Skips the test, loudly, where nothing can be traced. */
export function needStrace(context: TestContext, what: string): void {
  if (!existsSync(STRACE)) skipLoudly(context, what, 'strace is not installed')
  const { status } = spawnSync(STRACE, ['-f', '-o', '/dev/null', '/bin/true'])
  if (status !== 0) skipLoudly(context, what, 'strace is not permitted here')
}

/** The words that trace a program and everything it starts, with the names behind descriptors. */
export function tracing(file: string, calls: readonly string[]): string[] {
  const trace = `trace=${calls.join(',')}`
  return [STRACE, '-f', '-y', '-qq', '-s', '100000', '-e', trace, '-o', file, '--']
}

export interface Call {
  pid: number
  name: string
  /** As strace writes them, from the bracket on. */
  args: string
  /** Line on which it began, and on which it returned; `Infinity` where it never did. */
  began: number
  returned: number
  /** What it returned, `-1 EACCES …` for a failure. */
  result: string
}

export function callsIn(file: string): Call[] {
  const calls: Call[] = []
  const open = new Map<string, Call>()
  for (const [line, text] of readFileSync(file, 'latin1').split('\n').entries()) {
    const resumed = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/.exec(text)
    if (resumed !== null) {
      const [, pid = '', name = '', rest = ''] = resumed
      const call = open.get(`${pid} ${name}`)
      if (call === undefined) continue
      call.args += rest
      call.returned = line
      call.result = resultOf(rest)
      open.delete(`${pid} ${name}`)
      continue
    }
    const match = /^(\d+) +(\w+)(\(.*)$/.exec(text)
    if (match === null) continue
    const [, pid = '', name = '', args = ''] = match
    const call: Call = { pid: Number(pid), name, args, began: line, returned: Infinity, result: '' }
    calls.push(call)
    if (args.endsWith('<unfinished ...>')) open.set(`${pid} ${name}`, call)
    else {
      call.returned = line
      call.result = resultOf(args)
    }
  }
  return calls
}

function resultOf(text: string): string {
  return / = ([^=]*)$/.exec(text)?.[1] ?? ''
}
