/**
 * The last good value of a ref, kept for an outage where the config opts in (`resilience.maxStale`): one
 * age file for each config, environment, provider and location, sealed to the store's key. It says inside
 * what its name is, so that none passes for another's.
 */
import { join } from 'node:path'
import type { KeptPlaces, Sheet, StalePlace } from '../../gateway/sheet.ts'
import type { ChainStep } from '../../plan/types.ts'
import type { FetchedValue } from '../../policy/fetched.ts'
import { refusal } from '../deliver/limits.ts'
import { readSecretFile } from '../providers/file/read.ts'
import { replaceFile } from '../providers/file/write.ts'
import { concat, copy, wipe } from '../secret/bytes.ts'
import { keyPlace, makeIdentity, readIdentities } from '../store/identity.ts'
import { seal, unseal } from '../store/seal.ts'
import type { Held } from './fetch.ts'
import type { Fingerprint } from './metadata.ts'
import { dropFile, nameOf, nameOnSheet, type KeptValue } from './stale-files.ts'

/** A value, its metadata, and what age adds. */
const MAX_BYTES = 2 * 1024 * 1024

export interface StaleCache {
  sheet: Sheet
  place: StalePlace
  fingerprint: Fingerprint
  now: () => Date
}

type Kept = Pick<FetchedValue, 'version' | 'createdAt' | 'expiresAt'> & { name: string; at: string }

/** After every provider has spoken: serves what an outage left open, drops what is denied or gone. */
export async function afterFetch(cache: StaleCache, held: readonly Held[]): Promise<void> {
  for (const one of held) {
    if (one.report.outcome !== 'failure') continue
    const { kind } = one.report
    if (kind === 'denied' || kind === 'absent') {
      const dropped = one.item.chain.map((step) => drop(cache, step))
      if (dropped.includes(false)) one.report.undropped = true
    } else if (isOutage(one)) await serve(cache, one)
  }
}

/** Every provider of the chain was asked, and none could answer. */
function isOutage({ item, report }: Held): boolean {
  if (report.outcome !== 'failure' || report.kind !== 'unavailable') return false
  if (report.passed.length + 1 !== item.chain.length) return false
  return report.passed.every(({ code }) => code !== 'SECRET_NOT_FOUND')
}

async function serve(cache: StaleCache, one: Held): Promise<void> {
  const { item, report } = one
  if (cache.sheet.rewrite === true || item.delivery === 'none') return
  if (report.outcome !== 'failure') return
  for (const step of item.chain) {
    const most = item.maxStale?.[step.provider]
    if (most === undefined) continue
    // Each file is read where it may be served, and nowhere else.
    const found = await recall(cache, step, most)
    if (found === undefined) continue
    const { value, kept } = found
    // It was kept for whoever asked then; this binding may want it as a variable, which takes less.
    if (refusal(item.envVar, value, item.delivery) !== undefined) {
      wipe(value)
      continue
    }
    const { version, createdAt, expiresAt, at } = kept
    one.value = value
    one.report = {
      outcome: 'value',
      provider: step.provider,
      ms: report.ms,
      passed: [...report.passed, { provider: report.provider, code: report.code }],
      fingerprint: cache.fingerprint(value),
      warnings: [],
      ...(version === undefined ? {} : { version }),
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      stale: at,
    }
    return
  }
}

/** `undefined` where there is none that may be served; one that is too old, or past its end, is removed. */
async function recall(
  cache: StaleCache,
  step: ChainStep,
  most: number,
): Promise<{ value: Buffer; kept: Kept } | undefined> {
  const name = nameIn(cache, step)
  const plain = await opened(cache.place, name)
  if (plain === undefined) return undefined
  try {
    const end = plain.indexOf(0x0a)
    const kept: Kept = JSON.parse(plain.toString('utf8', 0, end))
    if (kept.name !== name) return undefined
    const now = cache.now().getTime()
    const age = now - Date.parse(kept.at)
    const over = kept.expiresAt !== undefined && Date.parse(kept.expiresAt) <= now
    // A clock that was set back says nothing of its age.
    if (!(age >= 0 && age < most) || over) {
      drop(cache, step)
      return undefined
    }
    return { value: copy(plain.subarray(end + 1)), kept }
  } finally {
    wipe(plain)
  }
}

/** What lies there: a line about it, then the value. The caller wipes it; `undefined` where nobody can open it. */
async function opened(
  { dir, identity: key }: Pick<StalePlace, 'dir' | 'identity'>,
  name: string,
): Promise<Buffer | undefined> {
  const read = await readSecretFile(join(dir, name), MAX_BYTES)
  if (read.kind !== 'file') return undefined
  const keys = await readIdentities(keyPlace(key, ''))
  if (keys.kind !== 'identities') return undefined
  const identities = keys.keys.map(({ identity }) => identity)
  return unseal(read.bytes, { kind: 'identities', identities })
}

/**
 * A start that was given a value just before another one became current may have kept it just after. Once it
 * is ended nobody may be served it; what is kept of another value stays.
 *
 * @param ended the caller's, who wipes it
 * @returns false where some of it is still there
 */
export async function dropEnded(
  fingerprint: Fingerprint,
  { kept, ...about }: { kept: KeptPlaces } & Omit<KeptValue, 'config' | 'environment'>,
  ended: Buffer,
): Promise<boolean> {
  let gone = true
  for (const environment of kept.environments) {
    const name = nameOf(fingerprint, { ...about, config: kept.config, environment })
    const plain = await opened(kept, name)
    if (plain === undefined) continue
    const isEnded = plain.subarray(plain.indexOf(0x0a) + 1).equals(ended)
    wipe(plain)
    if (isEnded && !dropFile(kept.dir, name)) gone = false
  }
  return gone
}

/** Keeps what was just released. @returns whether it could be written */
export async function keep(cache: StaleCache, { item, report, value }: Held): Promise<boolean> {
  const step = item.chain[report.passed.length]
  if (report.outcome !== 'value' || report.stale !== undefined) return true
  // It ends with its lease.
  if ('lease' in report && report.lease !== undefined) return true
  if (value === undefined || step === undefined) return true
  if (item.maxStale?.[step.provider] === undefined) return true
  const { version, createdAt, expiresAt } = report
  const name = nameIn(cache, step)
  const kept: Kept = {
    name,
    at: cache.now().toISOString(),
    ...(version === undefined ? {} : { version }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
  const key = keyPlace(cache.place.identity, '')
  const known = await readIdentities(key)
  const pair = known.kind === 'identities' ? known.keys[0] : await ownKey(cache, known.kind)
  if (pair === undefined) return false
  const plain = concat(Buffer.from(`${JSON.stringify(kept)}\n`), value)
  try {
    const sealed = await seal(plain, { kind: 'recipients', recipients: [pair.recipient] })
    const path = join(cache.place.dir, name)
    const there = await readSecretFile(path, MAX_BYTES)
    const was = there.kind === 'file' ? there.stat : undefined
    const written = await replaceFile(path, sealed, was)
    // Somebody who was faster kept the same value a moment ago.
    return written.kind === 'written' || written.kind === 'conflict'
  } finally {
    wipe(plain)
  }
}

/** Only where there is none yet: one that cannot be read is not replaced. */
async function ownKey(cache: StaleCache, kind: string): Promise<{ recipient: string } | undefined> {
  if (kind !== 'absent') return undefined
  const made = await makeIdentity(keyPlace(cache.place.identity, ''), cache.now())
  return 'recipient' in made ? made : undefined
}

/** False where it is still there. */
function drop(cache: StaleCache, step: ChainStep): boolean {
  return dropFile(cache.place.dir, nameIn(cache, step))
}

function nameIn({ sheet, place, fingerprint }: StaleCache, step: ChainStep): string {
  return nameOnSheet(fingerprint, sheet, place, step)
}
