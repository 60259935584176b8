/**
 * What the gateway was started with and the agent is to get back: Node changes some of it. Linux tells
 * it in /proc (proc(5)); elsewhere the fields stay empty and docs/architecture.md says so.
 */
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'

export const HAS_PROC = process.platform === 'linux'

export interface Surroundings {
  /** True where we have a controlling terminal; then the agent shares our process group. */
  terminal: boolean
  /** Signals that were ignored when we were started (nohup, a background job), without SIG. */
  ignored: readonly string[]
  /** The soft limit on open files of whoever started us; Node has raised our own. */
  openFiles?: number
}

/** Ignored by Node itself, so that its state says nothing about our caller. */
const NODE_IGNORES = new Set(['SIGPIPE', 'SIGXFSZ'])

export function readSurroundings(): Surroundings {
  if (!HAS_PROC) {
    return {
      terminal: process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY,
      ignored: [],
    }
  }
  const mask = BigInt(`0x${/^SigIgn:\s+([0-9a-f]+)$/m.exec(read('self', 'status'))?.[1] ?? '0'}`)
  const ignored = Object.entries(constants.signals)
    .filter(([name, number]) => !NODE_IGNORES.has(name) && (mask >> BigInt(number - 1)) & 1n)
    .map(([name]) => name.slice('SIG'.length))
  const limit = /^Max open files\s+(\d+)/m.exec(read(String(process.ppid), 'limits'))?.[1]
  return {
    terminal: statFields('self')[TTY_NR] !== '0',
    ignored,
    ...(limit === undefined ? {} : { openFiles: Number(limit) }),
  }
}

/** Positions in /proc/<pid>/stat, counted from the field after the command's closing bracket. */
const PPID = 1
const TTY_NR = 4
const START_TIME = 19

/** When a process began, in clock ticks since boot: with the pid it names one process for ever. */
export function startTimeOf(pid: number): string | undefined {
  return HAS_PROC ? statFields(String(pid))[START_TIME] : undefined
}

export function parentOf(pid: number): number | undefined {
  const parent = statFields(String(pid))[PPID]
  return parent === undefined ? undefined : Number(parent)
}

function statFields(pid: string): string[] {
  // The command's name is in brackets and may itself hold brackets and spaces.
  const stat = read(pid, 'stat')
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Empty where the process has gone, or is not ours to look at. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
