/**
 * The resolver: a process for one start. It takes a sheet of references, asks the providers, holds the
 * values, reports metadata, waits for `release`, writes the launcher's script, wipes and exits.
 *
 * fd 0 from the gateway · fd 1 and 2 discarded, whatever an SDK prints · fd 3 to the gateway ·
 * fd 4 to the launcher. Started with an empty environment and our own absolute file.
 */
import { closeSync, read, writeSync } from 'node:fs'
import { errnoOf, SecretRefError, type Code } from '../../errors.ts'
import { KEY_TROUBLE, type FromResolver, type Sheet, type ToResolver } from '../../gateway/sheet.ts'
import { deliverFile, replaceFile } from '../deliver/files.ts'
import { environmentBudget, stringCost } from '../deliver/limits.ts'
import { launchScript, type Variable } from '../deliver/script.ts'
// The commonest comes along at once; the others are loaded when a sheet names them.
import '../providers/file.ts'
import { wipe } from '../secret/bytes.ts'
import { fingerprinter } from '../secret/fingerprint.ts'
import { readEnvironment } from './environ.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { Calls } from './calls.ts'
import { fetchAll, type Held } from './fetch.ts'
import { firstLine } from './first-line.ts'
import type { Fingerprint } from './metadata.ts'
import type { StaleCache } from './stale.ts'
import { wantedNames } from './wanted.ts'

const FROM_GATEWAY = 0
const TO_GATEWAY = 3
const TO_LAUNCHER = 4

function report(message: FromResolver): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let at = 0; at < line.length;) at += writeSync(TO_GATEWAY, line, at)
}

/** The next word of the gateway: `release`, or end of file when it gave up or died. */
function nextMessage(): Promise<ToResolver | undefined> {
  return new Promise((resolve) => {
    const chunk = Buffer.alloc(64 * 1024)
    read(FROM_GATEWAY, chunk, 0, chunk.length, null, (error, length) => {
      if (error !== null || length === 0) {
        resolve(undefined)
        return
      }
      const message: ToResolver = JSON.parse(chunk.toString('utf8', 0, length))
      resolve(message)
    })
  })
}

/**
 * Arguments and environment share one bounded space. Where they do not fit, the largest value is
 * refused, then the next: a clear failure instead of the kernel's E2BIG in an agent's face.
 */
function refuseWhatDoesNotFit(sheet: Sheet, held: readonly Held[], env: Map<string, Buffer>): void {
  let cost = sheet.argumentBytes
  for (const name of sheet.inherit) {
    const value = env.get(name)
    if (value !== undefined) cost += stringCost(name.length + 1 + value.length)
  }
  for (const [name, value] of Object.entries(sheet.set)) {
    cost += stringCost(name.length + 1 + Buffer.byteLength(value))
  }
  for (const { item, value } of held) {
    if (value === undefined || item.delivery !== 'file' || item.file === undefined) continue
    const path = Buffer.byteLength(item.file)
    cost += stringCost(`${item.envVar}_FILE=`.length + path)
    if (item.pathInEnvVar) cost += stringCost(item.envVar.length + 1 + path)
  }
  const inEnvironment = held.flatMap((h) =>
    h.value !== undefined && h.item.delivery === 'env'
      ? { h, value: h.value, cost: stringCost(h.item.envVar.length + 1 + h.value.length) }
      : [],
  )
  for (const one of inEnvironment) cost += one.cost
  const budget = environmentBudget()
  for (const { h, value, cost: own } of inEnvironment.toSorted((a, b) => b.cost - a.cost)) {
    if (cost <= budget) return
    cost -= own
    wipe(value)
    delete h.value
    const { provider, ms, passed } = h.report
    h.report = {
      outcome: 'failure',
      kind: 'malformed',
      code: 'SECRET_TOO_LARGE',
      reason: 'environment-full',
      provider,
      ms,
      passed,
    }
  }
}

/** Files first, then the script: an agent never starts beside a file that could not be written. */
function deliver(sheet: Sheet, released: readonly Held[], env: Map<string, Buffer>): void {
  const variables: Variable[] = []
  for (const name of sheet.inherit) {
    const value = env.get(name)
    if (value !== undefined) variables.push({ name, value })
  }
  for (const [name, value] of Object.entries(sheet.set)) {
    variables.push({ name, value: Buffer.from(value) })
  }
  for (const { item, value } of released) {
    if (value === undefined || item.delivery === 'none') continue
    if (item.delivery === 'env') {
      variables.push({ name: item.envVar, value })
      continue
    }
    const { file } = item
    if (file === undefined) throw new TypeError('the sheet names no file')
    deliverFile(file, value)
    variables.push({ name: `${item.envVar}_FILE`, value: Buffer.from(file) })
    if (item.pathInEnvVar) variables.push({ name: item.envVar, value: Buffer.from(file) })
  }
  const script = launchScript(variables, sheet.ignoreSignals, sheet.openFiles)
  try {
    for (let at = 0; at < script.length;) at += writeSync(TO_LAUNCHER, script, at)
  } finally {
    wipe(script)
  }
  // The launcher waits for the end of its script, not for our exit.
  closeSync(TO_LAUNCHER)
}

/** For an agent that runs: each file is replaced as a whole. */
function rewrite(released: readonly Held[]): void {
  for (const { item, value } of released) {
    if (value === undefined || item.file === undefined) throw new TypeError('no file to replace')
    replaceFile(item.file, value)
  }
}

/**
 * Loaded only where something is kept, or is to be: a start with a file alone pays nothing for it. What
 * the config no longer opts in to goes.
 */
async function staleOf(
  sheet: Sheet,
  fingerprint: Fingerprint,
  held: readonly Held[],
): Promise<StaleCache | undefined> {
  if (sheet.stale === undefined) return undefined
  const { dropUnwanted } = await import('./stale-files.ts')
  dropUnwanted(fingerprint, sheet, held)
  if (sheet.items.every(({ maxStale }) => maxStale === undefined)) return undefined
  const { afterFetch } = await import('./stale.ts')
  const cache = { sheet, place: sheet.stale, fingerprint, now: () => new Date() }
  await afterFetch(cache, held)
  return cache
}

/** The agent has its values by now; what cannot be kept is told, and fails nothing. */
async function keepAll(
  cache: StaleCache | undefined,
  held: readonly Held[],
  released: readonly number[],
): Promise<{ unkept?: number[] }> {
  if (cache === undefined) return {}
  const { keep } = await import('./stale.ts')
  const unkept: number[] = []
  for (const index of released) {
    const one = held[index]
    if (one !== undefined && !(await keep(cache, one).catch(() => false))) unkept.push(index)
  }
  return unkept.length === 0 ? {} : { unkept }
}

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const line = firstLine(FROM_GATEWAY)
  if (line === undefined) return
  const sheet: Sheet = JSON.parse(line)
  const env = readEnvironment(sheet.gatewayPid, await wantedNames(sheet))
  const fingerprint = fingerprinter(sheet.fingerprintKey)
  const release = nextMessage()
  const gone = new AbortController()
  void (async () => {
    if ((await release) === undefined) gone.abort()
  })()
  const deadline = AbortSignal.timeout(sheet.deadlineMs)
  const calls = new Calls(sheet.providers)
  const signal = AbortSignal.any([deadline, gone.signal])
  const held = await fetchAll(sheet, env, fingerprint, signal, calls)
  try {
    const stale = await staleOf(sheet, fingerprint, held)
    refuseWhatDoesNotFit(sheet, held, env)
    report({ type: 'fetched', items: held.map((h) => h.report), spent: calls.spent() })
    const message = await release
    if (message?.type === 'release') {
      const released = message.items.flatMap((index) => held[index] ?? [])
      if (sheet.rewrite === true) rewrite(released)
      else deliver(sheet, released, env)
      report({ type: 'delivered', ...(await keepAll(stale, held, message.items)) })
    }
  } finally {
    for (const { value } of held) if (value !== undefined) wipe(value)
    for (const value of env.values()) wipe(value)
  }
}

/** Our own words only: an error's text may hold what was being read when it was thrown. */
function failed(error: unknown): void {
  const code: Code = error instanceof SecretRefError ? error.code : 'DELIVERY_FAILED'
  const reason = reasonOf(error)
  try {
    report({ type: 'undelivered', code, ...(reason === undefined ? {} : { reason }) })
  } catch {
    // The gateway is gone; nobody is left to tell, and nothing was started.
  }
  process.exitCode = 1
}

/** Only the key throws an error of ours; everything else is the system's. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof SecretRefError) return KEY_TROUBLE
  const errno = errnoOf(error)
  return errno !== undefined && /^E[A-Z0-9]+$/.test(errno) ? errno : undefined
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    failed(error)
    process.exit()
  },
)
