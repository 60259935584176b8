/**
 * What the gateway was started with and the agent is to get back: Node changes some of it. Linux tells
 * it in /proc (proc(5)); elsewhere the fields stay empty and docs/architecture.md says so.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { errnoOf } from '../errors.ts'

export const HAS_PROC = process.platform === 'linux'

export interface Surroundings {
  /** True where we have a controlling terminal; then the agent shares our process group. */
  terminal: boolean
  /** True where we lead our session: a terminal that hangs up then tells us and nobody else. */
  leader: boolean
  /** Signals that were ignored when we were started (nohup, a background job), without SIG. */
  ignored: readonly string[]
  /** The soft limit on open files of whoever started us; Node has raised our own. */
  openFiles?: number
}

/**
 * Node gives every inherited signal its default action back and raises the limit on open files before
 * any script runs. `bin/secretref` notes both in the environment first; started in another way we know
 * nothing of ignored signals, and take our parent's limit for what ours was.
 */
export function readSurroundings(env: Readonly<Record<string, string | undefined>>): Surroundings {
  const ignored = ignoredBy(env['SECRETREF_IGNORED'] ?? '')
  if (!HAS_PROC) {
    const { stdin, stdout, stderr } = process
    return { terminal: stdin.isTTY || stdout.isTTY || stderr.isTTY, leader: false, ignored }
  }
  const own = statFields('self')
  const parentsLimit = /^Max open files\s+(\d+)/m.exec(read(String(process.ppid), 'limits'))?.[1]
  const limit = wholeNumber(env['SECRETREF_OPEN_FILES'] ?? '') ?? wholeNumber(parentsLimit ?? '')
  return {
    terminal: own[TTY_NR] !== '0',
    leader: own[SESSION] === String(process.pid),
    ignored,
    ...(limit === undefined ? {} : { openFiles: limit }),
  }
}

/** @param mask as in field 33 of proc(5) `stat`: decimal, bit n-1 stands for signal n */
function ignoredBy(mask: string): string[] {
  if (!/^\d{1,20}$/.test(mask)) return []
  const bits = BigInt(mask)
  return Object.entries(constants.signals)
    .filter(([, number]) => (bits >> BigInt(number - 1)) & 1n)
    .map(([name]) => name.slice('SIG'.length))
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Positions in /proc/<pid>/stat, counted from the field after the command's closing bracket. */
const STATE = 0
const PPID = 1
const SESSION = 3
const TTY_NR = 4
const START_TIME = 19

/** When a process began, in clock ticks since boot: with the pid it names one process for ever. */
export function startTimeOf(pid: number): string | undefined {
  return HAS_PROC ? statFields(String(pid))[START_TIME] : undefined
}

/**
 * One that is stopped (SIGSTOP, a frozen cgroup) still runs; one that has ended and that its parent has not
 * waited for does not: where nobody reaps, as in many a container, it stays for ever.
 *
 * @param started what `startTimeOf` said of it; where that was nothing, the pid alone has to do
 */
export function stillRuns(pid: number, started: string | undefined): boolean {
  if (started !== undefined) {
    const fields = statFields(String(pid))
    return fields[START_TIME] === started && !/^[ZXx]$/.test(fields[STATE] ?? '')
  }
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // There, and another user's.
    return errnoOf(error) === 'EPERM'
  }
}

/** Which pids we see (namespaces(7)): two containers may each have a process of the same pid. */
export function pidNamespace(): string {
  try {
    return /^pid:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/pid'))?.[1] ?? '0'
  } catch {
    return '0' // No /proc: no containers either.
  }
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
