/** What a keeper does for one order, as closed fields. */
import type { KeepOrder, Kept, KeptVersion } from '../../gateway/keep/words.ts'
import type { Failure, History, PutOutcome, Session } from '../providers/contract.ts'
import { CallCount, withSession } from '../providers/session.ts'
import { dropKept } from '../resolver/stale-files.ts'

export async function keep(order: KeepOrder): Promise<Kept> {
  const count = new CallCount(order.calls)
  const kept = (await withSession(order, (session) => act(session, order), count)) ?? unsupported
  const all = { ...kept, spent: count.spent }
  // What may have been changed is not what was kept for an outage.
  const maybe = kept.type === 'changed' || (kept.type === 'failed' && kept.what === 'unknown')
  if (!maybe || dropKept(order) || all.type !== 'changed') return all
  return { ...all, undropped: true }
}

const unsupported: Kept = { type: 'failed', what: 'unsupported', code: 'PROVIDER_UNSUPPORTED' }
const nothing: Kept = { type: 'failed', what: 'nothing', code: 'SECRET_NOT_FOUND' }

async function act(session: Session, { at, action }: KeepOrder): Promise<Kept> {
  if (session.history === undefined && action.kind === 'remove') {
    // A keychain: no versions to compare, and the one value can be removed all the same.
    return changed(await session.remove?.(at, 'any'), undefined, undefined)
  }
  const history = await session.history?.(at)
  if (history === undefined) return unsupported
  if (history.kind !== 'history') return failed(history)
  if (action.kind === 'history') return { type: 'history', versions: history.versions.map(shown) }
  const from = inStage(history, 'current')
  if (action.kind === 'remove') {
    const removed = await session.remove?.(at, from ?? 'absent')
    return changed(removed, from, undefined)
  }
  const to = action.to ?? inStage(history, 'previous')
  if (to === undefined || !history.versions.some(({ version }) => version === to)) return nothing
  const promoted = await session.promote?.(at, from ?? 'absent', to)
  // Where a version is never current twice, what it held became another one.
  const now = promoted?.kind === 'written' ? promoted.version : to
  return changed(promoted, from, now, now === to ? undefined : to)
}

function changed(
  outcome: PutOutcome | undefined,
  from: string | undefined,
  to: string | undefined,
  of?: string,
): Kept {
  if (outcome === undefined) return unsupported
  if (outcome.kind === 'written') {
    return {
      type: 'changed',
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(of === undefined ? {} : { of }),
    }
  }
  if (outcome.kind === 'conflict' || outcome.kind === 'unknown') {
    return { type: 'failed', what: outcome.kind, code: 'PROVIDER_UNAVAILABLE' }
  }
  return failed(outcome)
}

function failed({ code, reason, place }: Failure): Kept {
  return {
    type: 'failed',
    what: 'store',
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(place === undefined ? {} : { place }),
  }
}

function inStage({ versions }: History, stage: 'current' | 'previous'): string | undefined {
  return versions.find(({ stages }) => stages.includes(stage))?.version
}

function shown({
  version,
  stages,
  createdAt,
  expiresAt,
}: History['versions'][number]): KeptVersion {
  return {
    version,
    stages,
    ...(createdAt === undefined ? {} : { createdAt: createdAt.toISOString() }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
  }
}
