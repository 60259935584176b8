/** Facts of an audit in which nothing is wrong, for tests that change one thing. */
import type { AuditFacts, BindingFact, PathFact } from '../../../src/findings/judge/facts.ts'
import type { PlannedBinding } from '../../../src/plan/types.ts'
import { decide, decideAgain } from '../../../src/policy/decide.ts'
import type { Fetched, FetchedValue } from '../../../src/policy/fetched.ts'
import { bindingOf } from '../../gateway/binding.ts'

export const NOW = new Date('2026-11-24T12:00:00Z')
export const UID = 1000

export function factsOf(given: Partial<AuditFacts> = {}): AuditFacts {
  const bindings = given.bindings ?? [fetchedFact()]
  return {
    config: '/c/config.json',
    now: NOW,
    limits: { expiring: 7, maxAge: 90, idle: 90 },
    home: 'production',
    environments: ['production'],
    bindings,
    uses: bindings.filter(({ covered }) => covered).map(({ binding }) => binding),
    placed: [],
    services: new Map(),
    stores: [],
    files: new Map(),
    paths: [],
    uid: UID,
    agents: [],
    configWritten: NOW,
    literals: [],
    rotations: [],
    place: (at) => ({ file: '/c/config.json', at: at.join('.') }),
    ...given,
  }
}

export interface FactGiven extends Partial<Omit<BindingFact, 'binding' | 'fetched'>> {
  binding?: Partial<PlannedBinding>
  fetched?: Fetched
}

/** A binding as an audit knows it before anything was fetched, or with what was. */
export function factOf({ binding: fields, fetched, ...given }: FactGiven = {}): BindingFact {
  const binding = bindingOf(fields)
  const plan = { agent: binding.agent, environment: 'production', bindings: [binding], skipped: [] }
  const [first] = decide(plan, { now: NOW, strict: false })
  if (first === undefined) throw new Error('one binding has one decision')
  return {
    binding,
    environment: 'production',
    covered: true,
    at: ['agents', binding.agent, binding.tool, binding.slot],
    decision: fetched === undefined ? first : decideAgain(binding, fetched, NOW, false),
    ...(fetched === undefined ? {} : { fetched }),
    ...given,
  }
}

/** What a provider said of a value that is as it should be. */
export function valueOf(given: Partial<FetchedValue> = {}): FetchedValue {
  return {
    outcome: 'value',
    provider: 'file',
    fingerprint: `hmac-sha256:${'0'.repeat(32)}`,
    createdAt: '2026-11-01T00:00:00.000Z',
    expiresAt: '2027-11-01T00:00:00.000Z',
    ms: 1,
    passed: [],
    warnings: [],
    ...given,
  }
}

export function fetchedFact(
  { binding, ...given }: FactGiven = {},
  value: Partial<FetchedValue> = {},
): BindingFact {
  return factOf({ ...(binding && { binding }), ...given, fetched: valueOf(value) })
}

export function pathOf(given: Partial<PathFact> = {}): PathFact {
  return {
    path: '/s/secrets.json',
    what: 'the secrets file',
    folder: false,
    uid: UID,
    mode: 0o100600,
    rule: 'private',
    orRoot: false,
    shutOff: false,
    towards: [],
    ...given,
  }
}
