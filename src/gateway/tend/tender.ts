/**
 * Tends one run: reads what it holds again from time to time, and does what the agent's config says where
 * that has changed. A failure of ours is said and tried again; it never touches the agent.
 */
import { rmSync } from 'node:fs'
import { Coalescer } from '../../audit/coalesce.ts'
import { providersOf } from '../../config/accessors.ts'
import { SecretRefError } from '../../errors.ts'
import { decideAgain, type Denial } from '../../policy/decide.ts'
import type { Fetched } from '../../policy/fetched.ts'
import type { Gateway } from '../gateway.ts'
import { Records } from '../records.ts'
import { applyChanges } from './change.ts'
import type { Held, Received, Seen, Tended, TendedRun } from './held.ts'
import { judge, type Verdict } from './judge.ts'
import { look, type Look } from './look.ts'
import { readAgain, silenceOf, unread } from './outage.ts'
import { revoke } from './revoke.ts'
import { hearRotations } from './rotated.ts'
import type { Tending } from './settings.ts'
import { holding, withdrawal, type Withdrawal } from './withdraw.ts'

/** What is gone by one look is looked at again so soon. */
const SECOND_LOOK_MS = 2000
/** What takes the place of a lost lease and could not be had is asked for again so soon. */
const LOST_AGAIN_MS = 10_000
/** A re-read that finds nothing new goes on record at once, and then once in so long with its count. */
const QUIET_MS = 3_600_000

export class Tender {
  readonly #tended: Tended
  readonly #tending: Tending
  #held: readonly Held[]
  readonly #over = new AbortController()
  readonly #signal: AbortSignal
  readonly #unchanged: Coalescer
  readonly #loop: Promise<void>
  /** No more is heard of rotations. */
  readonly #deaf: () => void
  /** The look that is under way, or was last. Never rejects. */
  #looking: Promise<void> = Promise.resolve()
  /** Variables whose leases are lost, or about to be: they are fetched once more. */
  readonly #lost = new Set<string>()
  /** One was lost since the last look began. */
  #urgent = false
  #wake: () => void = () => {}
  /** The last failure that is no provider's, so that it is said once. */
  #trouble: string | undefined

  constructor(gateway: Gateway, run: TendedRun, tending: Tending, received: readonly Received[]) {
    this.#tended = { ...run, gateway, records: new Records(gateway, run) }
    this.#tending = tending
    this.#held = holding(received, gateway.now())
    this.#signal = AbortSignal.any([run.signal, this.#over.signal])
    this.#unchanged = new Coalescer(gateway.now, QUIET_MS)
    this.#signal.addEventListener('abort', () => this.#wake(), { once: true })
    this.#deaf = hearRotations(gateway, run.plan.environment, (refs) => {
      if (this.#held.some(({ binding }) => refs?.has(binding.ref) !== false)) this.#wake()
    })
    this.#loop = this.#tend()
  }

  /** With the run's end: after this nothing is read, written or signalled. */
  async stop(): Promise<void> {
    this.#deaf()
    this.#over.abort()
    await this.#loop
    await this.#guarded(() => this.#tended.gateway.record(this.#unchanged.flush()))
  }

  /** The lease of what `envVar` received ends and cannot be renewed: another is asked for at once. */
  lost(envVar: string): void {
    this.#lost.add(envVar)
    this.#urgent = true
    this.#wake()
  }

  /** What is withdrawn is not read again; a look that is under way gives none of it back. */
  withdraw(denials: readonly Denial[]): Withdrawal {
    const names = new Set(denials.map(({ binding }) => binding.envVar))
    const planned = withdrawal(this.#tended, this.#tending.onChange, this.#held, denials)
    return {
      entries: planned.entries,
      act: () => {
        const gone = this.#held.filter(({ binding }) => names.has(binding.envVar))
        this.#held = this.#held.filter((held) => !gone.includes(held))
        const files = gone.flatMap(({ file }) => (file === undefined ? [] : [file]))
        void this.#removeAgain(files)
        return planned.act()
      },
    }
  }

  async #removeAgain(files: readonly string[]): Promise<void> {
    await this.#looking
    for (const file of files) rmSync(file, { force: true })
  }

  async #tend(): Promise<void> {
    while (!this.#signal.aborted) {
      // Not all at once: agents that were started together would ask together for ever.
      const regular = this.#tending.everyMs * (0.9 + Math.random() * 0.2)
      await this.#sleep(Math.min(regular, this.#soonestMs()))
      this.#urgent = false
      if (this.#signal.aborted) return
      const due = this.#held.filter(
        (held) => !isLeased(held) || this.#lost.has(held.binding.envVar),
      )
      if (due.length === 0) continue
      this.#looking = this.#guarded(() => this.#look(due))
      await this.#looking
    }
  }

  #soonestMs(): number {
    if (this.#urgent) return 0
    if (this.#held.some(({ suspect }) => suspect)) return SECOND_LOOK_MS
    const lost = this.#held.some(({ gone, binding }) => !gone && this.#lost.has(binding.envVar))
    return lost ? LOST_AGAIN_MS : Number.POSITIVE_INFINITY
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    // The agent keeps us alive, for as long as there is something to tend.
    const timer = setTimeout(resolve, ms).unref()
    await promise
    clearTimeout(timer)
  }

  async #look(due: readonly Held[]): Promise<void> {
    const { gateway, records, run, plan, leases, holds } = this.#tended
    // Durable before anybody is asked; where it cannot be, nobody is.
    await gateway.record(due.map(({ binding }) => records.refreshing(binding)))
    const files = due.filter(({ file }) => file !== undefined)
    if (files.length > 0) holds.mayGet(files)
    try {
      await look(gateway, { run, plan, leases, signal: this.#signal }, due, (seen) =>
        this.#settle(due, seen),
      )
    } catch (error) {
      if (!(error instanceof SecretRefError) || error.code.startsWith('AUDIT_')) throw error
      // The resolver itself failed: nothing is known of any of them.
      const { code, message, hint } = error
      for (const held of due) {
        await unread(this.#tended, held, { code, reason: 'unavailable', message, hint })
      }
    } finally {
      if (files.length > 0) {
        holds.got(
          files.filter(({ inFile, fetched }) => inFile === fetched.fingerprint),
          files.filter(({ inFile, gone }) => inFile === undefined && !gone),
        )
      }
    }
  }

  async #settle(due: readonly Held[], { answers, rewrite }: Look): Promise<void> {
    const tended = this.#tended
    const { onChange } = this.#tending
    const all = due.flatMap((held, position): Seen[] => {
      const fetched = answers[position]
      if (fetched === undefined || !this.#held.includes(held)) return []
      return [this.#seen(held, fetched, position)]
    })
    const only = (...verdicts: Verdict[]): Seen[] =>
      all.filter(({ verdict }) => verdicts.includes(verdict))
    for (const one of only('unread')) await unread(tended, one.held, silenceOf(one))
    for (const one of only('same', 'changed')) {
      this.#lost.delete(one.held.binding.envVar)
      await readAgain(tended, one)
    }
    const unchanged = only('same').map(({ result }) => tended.records.refreshed(result))
    await tended.gateway.record(unchanged.flatMap((entry) => this.#unchanged.offer(entry)))
    // The run may have ended meanwhile, or we are asked to stop: then nothing is done to it any more.
    this.#signal.throwIfAborted()
    const whole = only('unread', 'suspect').every(({ held }) => held.gone)
    const over =
      (await revoke(tended, onChange, only('revoked'))) ||
      (await applyChanges(tended, onChange, only('same', 'changed'), whole, rewrite))
    if (over) this.#over.abort()
  }

  /** Policy is asked again each time: a date may have passed. */
  #seen(held: Held, fetched: Fetched, position: number): Seen {
    const { gateway, strict } = this.#tended
    const { binding } = held
    const providers = providersOf(gateway.loaded.config)
    const decision = decideAgain(binding, fetched, gateway.now(), strict, providers)
    const before = {
      provider: held.fetched.provider,
      fingerprint: held.gone ? undefined : held.fetched.fingerprint,
    }
    const first = judge(before, fetched, decision)
    // Gone twice in a row is gone.
    const verdict = first === 'suspect' && held.suspect ? 'revoked' : first
    held.suspect = first === 'suspect' && !held.gone && verdict !== 'revoked'
    return { held, result: { binding, fetched, decision }, verdict, position }
  }

  /** Said once, until something works again. A defect of ours must not end an agent either. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#trouble = undefined
    } catch (error) {
      if (error === this.#signal.reason) return
      const ours = error instanceof SecretRefError
      const what = ours
        ? `${error.message} [${error.code}]`
        : `a defect of SecretRef: ${String(error)}`
      if (what === this.#trouble) return
      this.#trouble = what
      const { plan, say } = this.#tended
      const hint = ours ? error.hint : 'please report it'
      say('error', `${plan.agent}: its credentials cannot be read again: ${what}; it goes on`, hint)
    }
  }
}

/** To read it again would issue another credential each time; its lease tells when that is needed. */
function isLeased({ fetched }: Held): boolean {
  return fetched.lease !== undefined
}
