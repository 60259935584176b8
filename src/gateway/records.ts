/** The audit records of one start: who, which agent, which ref, what was decided and why. */
import type { Noted } from '../alerts/types.ts'
import type { Entry, Event } from '../audit/record.ts'
import { plaintextProviders, PRODUCTION } from '../config/rules/production.ts'
import type { Code } from '../errors.ts'
import type { Plan, PlannedBinding } from '../plan/types.ts'
import type { FetchedValue } from '../policy/fetched.ts'
import { refusedAlert, rejectedAlert, revokedAlert, staleAlert } from './alert/of.ts'
import type { Ending } from './ending.ts'
import type { Gateway } from './gateway.ts'
import type { Result } from './result.ts'

/** What every record of one start says. */
export interface RecordedRun {
  run: string
  plan: Plan
  /** Only its path goes on record, never its arguments. */
  command: readonly string[]
}

/** What a value is shown to a service for. */
type Purpose = 'verify' | 'alert'

export class Records {
  readonly #base: Pick<Entry, 'actor' | 'agent' | 'environment' | 'config' | 'parent'>
  readonly #command: string
  /** Providers whose use goes on record as such: those that keep plaintext, in production. */
  readonly #plaintext: ReadonlySet<string>
  readonly #now: () => Date
  readonly #environment: string
  /** Whether anybody is to be told of an outage that nobody asked to be alerted of. */
  readonly #hasChannels: boolean

  constructor(gateway: Gateway, request: RecordedRun) {
    this.#base = {
      actor: { ...gateway.actor, run: request.run },
      agent: request.plan.agent,
      environment: request.plan.environment,
      config: gateway.loaded.hash,
      ...(gateway.parent === undefined ? {} : { parent: gateway.parent.run }),
    }
    this.#now = () => gateway.now()
    this.#environment = request.plan.environment
    this.#hasChannels = gateway.loaded.config.alerts !== undefined
    this.#command = request.command[0] ?? ''
    this.#plaintext =
      request.plan.environment === PRODUCTION
        ? plaintextProviders(gateway.loaded.config)
        : new Set()
  }

  intent(binding: PlannedBinding): Entry {
    return this.#about('grant.intent', binding, {
      decision: 'allow',
      ...(binding.chain[0] && { provider: binding.chain[0].provider }),
      ...this.#guarded(binding.chain[0]?.provider),
    })
  }

  #guarded(provider: string | undefined): Pick<Entry, 'detail'> {
    const plain = provider !== undefined && this.#plaintext.has(provider)
    return plain ? { detail: { plaintext: PRODUCTION } } : {}
  }

  /** Required or not: what was left out by `--secrets-ref` was a choice, and is on record. */
  skipped(bindings: readonly PlannedBinding[]): Entry[] {
    return bindings.map((binding) =>
      this.#about('grant.skipped', binding, { reason: 'not-requested' }),
    )
  }

  /** A denial or a failure, and the alert that the config asks for. */
  refused({ binding, decision, fetched }: Result): Noted[] {
    const failure = fetched?.outcome === 'failure'
    const event: Event = failure && fetched.kind !== 'denied' ? 'grant.failed' : 'grant.denied'
    const fields: Partial<Entry> = {
      decision: 'deny',
      reason: decision.reason,
      ...(fetched && { provider: fetched.provider, ms: fetched.ms }),
      ...(decision.allow ? {} : { code: decision.code }),
    }
    const entry = this.#about(event, binding, fields)
    if (binding.onFailure !== 'deny-and-alert') return [entry]
    const alert = refusedAlert(this.#raised(binding), decision)
    return [entry, { ...this.#about('alert.raised', binding, fields), alert }]
  }

  /** Everything that the second decision says of one ref. @param stops another one stops the start */
  decided(result: Result, stops: boolean): Noted[] {
    const fallbacks = this.#fallbacks(result)
    if (!result.decision.allow) return [...fallbacks, ...this.refused(result)]
    return [...fallbacks, stops ? this.withheld(result) : this.released(result)]
  }

  released(result: Result): Entry {
    const { reason } = result.decision
    const detail = {
      ...this.#age(result.fetched)?.detail,
      ...this.#guarded(result.fetched?.provider).detail,
    }
    return this.#withSecret('grant.released', result, {
      decision: 'allow',
      reason,
      ...(Object.keys(detail).length === 0 ? {} : { detail }),
    })
  }

  /** It could have been released; another credential that the agent requires could not. */
  withheld(result: Result): Entry {
    return this.#withSecret('grant.denied', result, {
      decision: 'deny',
      reason: 'another-required-failed',
    })
  }

  delivered(result: Result): Entry {
    return this.#withSecret('grant.delivered', result, {})
  }

  undelivered(result: Result, code: Code): Entry {
    return this.#withSecret('grant.failed', result, { code, reason: 'undelivered' })
  }

  /** The start was given up between asking and releasing. */
  abandoned(binding: PlannedBinding, code: Code | undefined): Entry {
    return this.#about('grant.failed', binding, {
      reason: 'start-abandoned',
      ...(code === undefined ? {} : { code }),
    })
  }

  /** A check: fetched and wiped, and nobody received it. What the first decision refused is on record. */
  checkedOrRefused(result: Result): Noted[] {
    const { binding, decision, fetched } = result
    if (fetched === undefined) return []
    const fallbacks = this.#fallbacks(result)
    if (!decision.allow) return [...fallbacks, ...this.refused(result)]
    const { reason } = decision
    const fields = { decision: 'allow', reason, delivery: 'none' } as const
    return [...fallbacks, this.#withSecret('grant.checked', { binding, fetched }, fields)]
  }

  /** A running agent's value is about to be read again. */
  refreshing(binding: PlannedBinding): Entry {
    return this.#about('grant.intent', binding, {
      decision: 'allow',
      delivery: 'none',
      ...(binding.chain[0] && { provider: binding.chain[0].provider }),
      detail: { purpose: 'refresh' },
    })
  }

  /** Read again, and it is what the agent has. */
  refreshed(result: Result): Entry {
    const { reason } = result.decision
    const detail = { purpose: 'refresh' }
    const fields = { decision: 'allow', reason, delivery: 'none', detail } as const
    return this.#withSecret('grant.checked', result, fields)
  }

  /** It could not be read again; the agent keeps what it has. */
  notRefreshed(binding: PlannedBinding, reason: string, code: Code, provider?: string): Entry {
    return this.#about('grant.failed', binding, {
      delivery: 'none',
      ...(provider === undefined ? {} : { provider }),
      reason,
      code,
      detail: { purpose: 'refresh' },
    })
  }

  /** A running agent's value is another one now. */
  changed(result: Result, before: FetchedValue | undefined, onChange: string): Entry {
    return this.#withSecret('credential.changed', result, {
      detail: {
        onChange,
        ...(before && { fingerprintBefore: before.fingerprint }),
        ...(before?.version === undefined ? {} : { versionBefore: before.version }),
      },
    })
  }

  /** What a running agent received it may have no longer, and the alert that the config asks for. */
  revoked({ binding, fetched, decision }: Result, held: FetchedValue): Noted[] {
    const { code, reason } = decision
    const about = { binding, fetched: held }
    const why = { reason, ...(code === undefined ? {} : { code }) }
    const provider = fetched?.provider ?? held.provider
    const entry = this.#withSecret('grant.revoked', about, { ...why, provider })
    if (binding.onFailure !== 'deny-and-alert') return [entry]
    const alert = revokedAlert(this.#raised(binding), decision)
    return [entry, { ...this.#alarm(about, reason), alert }]
  }

  /** A value is about to be fetched and shown to the service that it is for. */
  verifying(binding: PlannedBinding, host: string, purpose: Purpose = 'verify'): Entry {
    return this.#about('grant.intent', binding, {
      decision: 'allow',
      delivery: 'none',
      ...(binding.chain[0] && { provider: binding.chain[0].provider }),
      detail: { purpose, host },
    })
  }

  /**
   * A value may now leave for the service that it is for: durable before it does. Whether it was sent, the
   * verdict says.
   */
  shown(result: Result, host: string, purpose: Purpose = 'verify'): Noted[] {
    const { reason } = result.decision
    const detail = { purpose, host }
    const fields = { decision: 'allow', reason, delivery: 'none', detail } as const
    return [...this.#fallbacks(result), this.#withSecret('grant.released', result, fields)]
  }

  /** What the service said of it. */
  verdict(
    event: 'credential.verified' | 'credential.rejected' | 'credential.unsettled',
    result: Pick<Result, 'binding' | 'fetched'>,
    reason: string | undefined,
    detail: NonNullable<Entry['detail']>,
  ): Entry {
    const why = reason === undefined ? {} : { reason }
    return this.#withSecret(event, result, { delivery: 'none', ...why, detail })
  }

  /** The alert that the config asks for where its service says no. */
  alert(result: Pick<Result, 'binding' | 'fetched'>, reason: 'credential-rejected'): Noted {
    return { ...this.#alarm(result, reason), alert: rejectedAlert(this.#raised(result.binding)) }
  }

  #alarm(result: Pick<Result, 'binding' | 'fetched'>, reason: string): Entry {
    return this.#withSecret('alert.raised', result, { delivery: 'none', reason })
  }

  #raised(binding: PlannedBinding): Parameters<typeof refusedAlert>[0] {
    return { binding, environment: this.#environment, at: this.#now() }
  }

  /** A scheduled start that did not happen. */
  runSkipped(reason: 'overlap' | 'missed', due: Date): Entry {
    return { event: 'run.skipped', ...this.#base, reason, detail: { due: due.toISOString() } }
  }

  started(pid: number): Entry {
    return { event: 'run.started', ...this.#base, command: this.#command, detail: { pid } }
  }

  /** @param reason where the gateway itself ended it */
  ended(ending: Ending, reason?: string): Entry {
    const why = reason === undefined ? {} : { reason }
    return { event: 'run.ended', ...this.#base, ...why, command: this.#command, exit: ending }
  }

  #fallbacks({ binding, fetched }: Result): Noted[] {
    const passed = (fetched?.passed ?? []).map(({ provider, code }) =>
      this.#about('provider.fallback', binding, { provider, code }),
    )
    const age = this.#age(fetched)
    if (age === undefined || fetched === undefined) return passed
    const fields = { provider: fetched.provider, ...age }
    const entry = this.#about('provider.stale', binding, fields)
    if (!this.#hasChannels && binding.onFailure !== 'deny-and-alert') return [...passed, entry]
    const raised = this.#about('alert.raised', binding, { ...fields, reason: 'provider.stale' })
    const alert = staleAlert(this.#raised(binding), fetched.provider)
    return [...passed, entry, { ...raised, alert }]
  }

  /** Of a last good value, in whole seconds. */
  #age(fetched: Result['fetched']): Pick<Entry, 'detail'> | undefined {
    if (fetched?.outcome !== 'value' || fetched.stale === undefined) return undefined
    const ms = this.#now().getTime() - Date.parse(fetched.stale)
    return { detail: { seconds: Math.max(0, Math.round(ms / 1000)) } }
  }

  #about(event: Event, binding: PlannedBinding, fields: Partial<Entry>): Entry {
    const { tool, ref, envVar, target, delivery } = binding
    return { event, ...this.#base, tool, ref, envVar, target, delivery, ...fields }
  }

  #withSecret(
    event: Event,
    { binding, fetched }: Pick<Result, 'binding' | 'fetched'>,
    fields: Partial<Entry>,
  ): Entry {
    if (fetched?.outcome !== 'value') return this.#about(event, binding, fields)
    const { provider, version, fingerprint, expiresAt, ms } = fetched
    return this.#about(event, binding, {
      provider,
      ms,
      secret: {
        ...(version === undefined ? {} : { version }),
        fingerprint,
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
      ...fields,
    })
  }
}
