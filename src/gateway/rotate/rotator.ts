/** Control's end of a rotator. */
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { PROGRAM_STEPS, type ProgramEnd } from '../../rotation/program.ts'
import { RESULTS } from '../../rotation/types.ts'
import { codeOf, countIn, FINGERPRINT, matching, objectIn, VERSION } from '../metadata.ts'
import { isFailureReason } from '../../policy/reasons.ts'
import { ownedBy } from '../lease/place.ts'
import { valueProcess } from '../value-process.ts'
import type { Did, Outside, RotationOrder, ToRotator } from './words.ts'

/** The longest that a program may be given for one step. */
const MAX_TIMEOUT_MS = 120_000
/** As services name their credentials. */
const ID = /^[A-Za-z0-9._:/-]{1,128}$/
const MAX_BYTES = 64 * 1024

export class Rotator {
  readonly #child: ChildProcess
  #text = ''
  #heard: ((line: string | undefined) => void) | undefined

  constructor(order: RotationOrder) {
    const brought = order.input !== undefined
    this.#child = spawn(process.execPath, valueProcess('rotator'), {
      // Built, not inherited: NODE_OPTIONS, LD_PRELOAD and the like would run foreign code in there.
      env: {},
      cwd: '/',
      // With a person at hand: their stdin as fd 4, and stderr for the prompt.
      stdio: brought
        ? ['pipe', 'ignore', 'inherit', 'pipe', 0]
        : ['pipe', 'ignore', 'ignore', 'pipe'],
      // A session of its own: the terminal's Ctrl-C is for us. A prompt is for the process group that the
      // terminal has in its foreground; there the rotator hears the signal, and ends what it is at.
      detached: !brought,
    })
    const ended = (): void => this.#heard?.(undefined)
    this.#child.on('error', ended).on('close', ended)
    // It has ended, which `close` tells.
    this.#child.stdin?.on('error', () => {})
    const pipe = this.#child.pid === undefined ? undefined : this.#child.stdio[3]
    if (pipe instanceof Socket) {
      pipe.setEncoding('utf8').on('error', () => {})
      pipe.on('data', (chunk: string) => {
        this.#text += chunk
        if (this.#text.length > MAX_BYTES) this.kill()
        const end = this.#text.indexOf('\n')
        if (end === -1) return
        const line = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 1)
        this.#heard?.(line)
      })
    }
    this.#child.stdin?.write(`${JSON.stringify(ofProcess(order, this.#child.pid))}\n`)
  }

  /** Whether it has ended, of itself or not. */
  get gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** `unknown` where it died, or said what it may not: what was sent may have been done. */
  async does(action: Outside, open = false, calls?: number): Promise<Did> {
    const nothing: Did = { did: action, result: 'unknown' }
    if (this.gone) return nothing
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    this.#heard = resolve
    const counted = calls === undefined ? {} : { calls }
    const word: ToRotator = { do: action, ...(open ? { open } : {}), ...counted }
    this.#child.stdin?.write(`${JSON.stringify(word)}\n`)
    const line = await promise
    return (line === undefined ? undefined : parseDid(line, action)) ?? nothing
  }

  /** At a prompt it gives the terminal back as it was before it goes; `kill` does not. */
  dismiss(): void {
    this.#child.stdin?.end()
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** A lease that it takes is its own: should it be killed, the next start revokes that. */
function ofProcess(order: RotationOrder, pid: number | undefined): RotationOrder {
  const { admin } = order
  if (admin?.leases === undefined || pid === undefined) return order
  return { ...order, admin: { ...admin, leases: ownedBy(admin.leases, pid) } }
}

/** @returns `undefined` where the line breaks the contract */
export function parseDid(line: string, action: Outside): Did | undefined {
  const parsed = objectIn(line, MAX_BYTES)
  const result = RESULTS.find((one) => one === parsed?.['result'])
  if (parsed === undefined || parsed['did'] !== action || result === undefined) return undefined
  const code = codeOf(parsed['code'])
  const { reason, whose } = parsed
  const program = programIn(parsed['program'])
  const version = matching(parsed['version'], VERSION)
  const fingerprint = matching(parsed['fingerprint'], FINGERPRINT)
  const replaced = matching(parsed['replaced'], FINGERPRINT)
  const id = matching(parsed['id'], ID)
  const spent = countIn(parsed['spent'])
  return {
    did: action,
    result,
    ...(code === undefined ? {} : { code }),
    ...(isFailureReason(reason) ? { reason } : {}),
    ...(parsed['service'] === true ? { service: true } : {}),
    ...(program === undefined ? {} : { program }),
    ...(whose === 'new' || whose === 'old' ? { whose } : {}),
    ...(version === undefined ? {} : { version }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(replaced === undefined ? {} : { replaced }),
    ...(id === undefined ? {} : { id }),
    ...(spent === undefined ? {} : { spent }),
    ...(parsed['undropped'] === true ? { undropped: true } : {}),
  }
}

function programIn(said: unknown): ProgramEnd | undefined {
  if (typeof said !== 'object' || said === null || !('step' in said)) return undefined
  const step = PROGRAM_STEPS.find((one) => one === said.step)
  if (step === undefined) return undefined
  const { exit, signal, timeoutMs }: Readonly<Record<string, unknown>> = { ...said }
  const known = Object.keys(constants.signals).find((one) => one === signal)
  return {
    step,
    ...(isCount(exit, 255) ? { exit } : {}),
    ...(known === undefined ? {} : { signal: known }),
    ...(isCount(timeoutMs, MAX_TIMEOUT_MS) ? { timeoutMs } : {}),
  }
}

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= most
}
