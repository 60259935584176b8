/** Makes the calls of an order with the values that were fetched for it, at most so many at once. */
import { destinationOf } from '../../targets/destination.ts'
import { CALL_TIMEOUT_MS, type Call, type Checked, type Order } from '../../gateway/verify/words.ts'
import { isOfAnother } from '../../targets/another.ts'
import type { Held } from '../resolver/fetch.ts'
import { ask } from './ask.ts'
import { endOfToken } from '../secret/own-end.ts'
import { momentIn } from './ends.ts'
import { judge, needsBody } from './judge.ts'
import { requestOf } from './request.ts'

export interface Limits {
  /** Aborts when nobody waits any more. */
  signal: AbortSignal
  /** For one call; given by tests. */
  callMs?: number
}

/**
 * @returns one entry for each call, in order
 * @throws TypeError for a call whose value was not fetched
 */
export async function verifyAll(
  { calls, concurrency, deadlineMs }: Pick<Order, 'calls' | 'concurrency' | 'deadlineMs'>,
  held: readonly Held[],
  limits: Limits,
): Promise<Checked[]> {
  const checked: Checked[] = []
  const over = AbortSignal.timeout(deadlineMs)
  const waiting = calls.entries()
  const work = async (): Promise<void> => {
    // One iterator for all: each call is taken once.
    for (const [i, call] of waiting) {
      const value = held[call.item]?.value
      if (value === undefined) throw new TypeError('a value that is asked about was fetched')
      const began = performance.now()
      const found = over.aborted
        ? ({ verdict: 'cannot-tell', reason: 'out-of-time' } as const)
        : await verifyOne(call, value, held, limits)
      checked[i] = { ...found, ms: Math.round(performance.now() - began) }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, calls.length) }, work))
  return checked
}

async function verifyOne(
  call: Call,
  value: Buffer,
  held: readonly Held[],
  { signal, callMs = CALL_TIMEOUT_MS }: Limits,
): Promise<Omit<Checked, 'ms'>> {
  const { recipe, baseUrl, service } = call
  const secrets = new Map([['value', value]])
  for (const [name, item] of Object.entries(call.companions)) {
    const companion = held[item]?.value
    if (companion !== undefined) secrets.set(name, companion)
  }
  // What goes along is shown to the service like the credential itself.
  for (const secret of secrets.values()) {
    if (!isOfAnother(secret.toString('latin1'), service)) continue
    return { verdict: 'cannot-tell', reason: 'other-target' }
  }
  const values = new Map<string, Uint8Array>(secrets)
  for (const [name, text] of Object.entries(call.settings)) values.set(name, Buffer.from(text))
  // Control has looked already; this is the last moment.
  const destination = destinationOf(recipe, baseUrl)
  if (typeof destination === 'string') return { verdict: 'cannot-tell', reason: 'other-host' }
  const request = requestOf(call, destination.base, values)
  if (typeof request === 'string') return { verdict: 'cannot-tell', reason: request }
  const limited = AbortSignal.any([signal, AbortSignal.timeout(callMs)])
  const wanted = (status: number): boolean => needsBody(recipe.rules, status)
  const answer = await ask(destination, request, wanted, limited)
  if ('verdict' in answer) return answer
  const judged = judge(recipe.rules, answer.status, answer.body)
  const alive = judged.verdict === 'valid' || judged.verdict === 'no-permission'
  const stated =
    recipe.expiryHeader === undefined || !alive ? undefined : answer.header(recipe.expiryHeader)
  const end = (stated === undefined ? undefined : momentIn(stated)) ?? endOfToken(value)
  return {
    ...judged,
    status: answer.status,
    ...(end === undefined ? {} : { expiresAt: end.toISOString() }),
  }
}
