/**
 * Fetches what bindings declare, without delivering any: the same decisions, sheets and records as a
 * check of one agent, but a ref that many agents read along one chain is read once. Changes no state.
 */
import { availableParallelism } from 'node:os'
import { providersOf } from '../../config/accessors.ts'
import { SecretRefError } from '../../errors.ts'
import type { BindingFact } from '../../findings/judge/facts.ts'
import type { Plan, PlannedBinding } from '../../plan/types.ts'
import { decideAgain, type Decision, type ProviderTypes } from '../../policy/decide.ts'
import type { Fetched } from '../../policy/fetched.ts'
import { answersOf } from '../answers.ts'
import type { Half } from '../budget.ts'
import { takeResolver } from '../early.ts'
import { newRunId, type Gateway } from '../gateway.ts'
import { revokeIssued } from '../lease/run-leases.ts'
import { makeSheet } from '../make-sheet.ts'
import { Records } from '../records.ts'
import type { Sheet } from '../sheet.ts'
import { Turns } from '../turns.ts'

/** Refs for one resolver: an exec provider takes 512 at once. */
const BATCH = 500

export interface AuditPlan {
  plan: Plan
  bindings: readonly BindingFact[]
}

/** One read, and all the bindings that it stands for. */
interface Read {
  plan: Plan
  /** The first of them, by whose name it is recorded. */
  binding: PlannedBinding
  facts: BindingFact[]
  /** Ids of the targets of which the value should have the form. */
  forms: readonly string[]
}

export interface Sparing {
  half: Half
  /** When a ref was looked at last, in milliseconds: who has waited longest comes first. */
  lastLook: ReadonlyMap<string, number>
}

/**
 * @param formsOf ids of the targets of which a value should have the form; none: not checked
 * @param sparing left out: everything, with all the calls that there are
 * @returns the facts with what was fetched for each that policy let be asked for
 * @throws SecretRefError where nothing can be put on record: then nothing more was fetched
 */
export async function fetchForAudit(
  gateway: Gateway,
  plans: readonly AuditPlan[],
  formsOf: (fact: BindingFact) => readonly string[],
  sparing?: Sparing,
): Promise<{ bindings: BindingFact[]; reads: number }> {
  const answered = new Map<BindingFact, BindingFact>()
  const turns = new Turns(availableParallelism())
  const reads = inTurn(readsOf(plans, formsOf), sparing)
  const types = providersOf(gateway.loaded.config)
  const work = batchesOf(reads).map((batch) =>
    turns.run(async () => {
      const answers = await fetchBatch(gateway, batch, sparing?.half)
      for (const [i, { facts }] of batch.entries()) {
        const answer = answers[i]
        for (const fact of facts) answered.set(fact, withAnswer(fact, answer, gateway.now(), types))
      }
    }),
  )
  // All of them come to their end, so that nothing is left running behind an error.
  const failed = (await Promise.allSettled(work)).find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const bindings = plans.flatMap((one) => one.bindings.map((fact) => answered.get(fact) ?? fact))
  return { bindings, reads: reads.length }
}

/** In each environment, by ref and by everything that decides which value it is. */
function readsOf(
  plans: readonly AuditPlan[],
  formsOf: (fact: BindingFact) => readonly string[],
): Read[] {
  const reads = new Map<string, Read>()
  for (const { plan, bindings } of plans) {
    for (const fact of bindings) {
      if (!fact.decision.allow) continue
      const { ref, chain, fallbackOn, target } = fact.binding
      const forms = formsOf(fact)
      const key = JSON.stringify([fact.environment, ref, chain, fallbackOn, target, forms])
      const read = reads.get(key)
      if (read !== undefined) read.facts.push(fact)
      else {
        // An alert is for those who do not look; an audit is for those who do.
        const binding: PlannedBinding = { ...fact.binding, onFailure: 'deny-and-log' }
        reads.set(key, { plan, binding, facts: [fact], forms })
      }
    }
  }
  return [...reads.values()]
}

function inTurn(reads: Read[], sparing: Sparing | undefined): Read[] {
  if (sparing === undefined) return reads
  const last = ({ binding }: Read): number => sparing.lastLook.get(binding.ref) ?? 0
  return reads.toSorted((a, b) => last(a) - last(b))
}

/** A sheet is for one environment. */
function batchesOf(reads: readonly Read[]): Read[][] {
  const batches: Read[][] = []
  for (const group of Map.groupBy(reads, ({ plan }) => plan.environment).values()) {
    for (let at = 0; at < group.length; at += BATCH) batches.push(group.slice(at, at + BATCH))
  }
  return batches
}

/** What one read gave: an answer, or why the whole batch has none. */
type Answer = Fetched | SecretRefError

async function fetchBatch(
  gateway: Gateway,
  batch: readonly Read[],
  half: Half | undefined,
): Promise<readonly Answer[]> {
  const [first] = batch
  if (first === undefined) return []
  const run = newRunId(gateway.now())
  const recordsOf = ({ plan }: Read): Records => new Records(gateway, { run, plan, command: [] })
  await gateway.record(batch.map((read) => withCount(read, recordsOf(read).intent(read.binding))))
  const asked = batch.map(({ binding }) => binding)
  const about = { run, plan: first.plan, command: [], inherit: [], ...(half && { half }) }
  const sheet = withForms(makeSheet(gateway, about, asked, undefined), batch)
  let answers: readonly Fetched[]
  const resolver = takeResolver(() => Object.keys(gateway.env))
  try {
    resolver.send(sheet)
    answers = await answersOf(gateway, resolver, sheet, new AbortController().signal)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    await gateway.record(
      batch.map((read) => withCount(read, recordsOf(read).abandoned(read.binding, error.code))),
    )
    return batch.map(() => error)
  } finally {
    resolver.abort()
    // All that was issued by then is on disk when it has ended.
    await resolver.ended()
    await revokeIssued(gateway, about, asked, sheet)
  }
  const types = providersOf(gateway.loaded.config)
  await gateway.record(
    batch.flatMap((read, i) => {
      const fetched = answers[i]
      if (fetched === undefined) throw new TypeError('the resolver answers every item')
      const { binding } = read
      const decision = decideAgain(binding, fetched, gateway.now(), false, types)
      const records = recordsOf(read).checkedOrRefused({ binding, decision, fetched })
      return records.map((entry) => withCount(read, entry))
    }),
  )
  return answers
}

function withForms(sheet: Sheet, batch: readonly Read[]): Sheet {
  const items = sheet.items.map((item, i) => {
    const targets = batch[i]?.forms ?? []
    return targets.length === 0 ? item : { ...item, targets }
  })
  return { ...sheet, items }
}

/** A record says for how many bindings it stands, where that is more than the one it names. */
function withCount<T extends object>({ facts }: Read, entry: T): T & { count?: number } {
  return facts.length > 1 ? { ...entry, count: facts.length } : entry
}

function withAnswer(
  fact: BindingFact,
  answer: Answer | undefined,
  now: Date,
  types: ProviderTypes,
): BindingFact {
  if (answer === undefined) return fact
  const { binding } = fact
  if (answer instanceof SecretRefError) return { ...fact, decision: refusedBy(answer, binding) }
  const decision = decideAgain(binding, answer, now, false, types)
  return { ...fact, fetched: answer, decision }
}

/** Nobody answered for this binding at all. */
function refusedBy(error: SecretRefError, binding: PlannedBinding): Decision {
  return {
    binding,
    allow: false,
    code: error.code,
    reason: 'unavailable',
    message: error.message,
    hint: error.hint ?? 'run: secretref doctor',
    warnings: [],
  }
}
