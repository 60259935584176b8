/** What a changed value does to the agent that runs: what its config says, and nothing else. */
import { noteNow } from './status.ts'
import type { Seen, Tended } from './held.ts'
import type { Look } from './look.ts'
import { restart } from './restart.ts'
import type { OnChange } from './settings.ts'

/**
 * @param seen all that has a value now, changed or not
 * @param whole whether every value of the run could be read: else a restart waits, because the start that
 *   follows it would fail
 * @returns true where the agent is started again, and so this run is over
 */
export async function applyChanges(
  tended: Tended,
  onChange: OnChange,
  seen: readonly Seen[],
  whole: boolean,
  rewrite: Look['rewrite'],
): Promise<boolean> {
  if (onChange.does === 'restart' && !whole) return false
  const changed = seen.filter(({ verdict }) => verdict === 'changed')
  await recordChanges(tended, onChange, changed)
  switch (onChange.does) {
    case 'none':
      for (const { held } of changed) sayKept(tended, held.binding.envVar, 'onChange is "none"')
      return false
    case 'restart':
      if (changed.length === 0) return false
      return restart(tended, 'credential-changed', `${namesOf(changed)} changed`)
    case 'rewrite':
    case 'signal':
      await bringUpToDate(tended, onChange, seen, rewrite)
      return false
    default:
      return onChange satisfies never
  }
}

async function bringUpToDate(
  tended: Tended,
  onChange: OnChange,
  seen: readonly Seen[],
  rewrite: Look['rewrite'],
): Promise<void> {
  // A file that could not be replaced after an earlier re-read is still due.
  const files = seen.filter(
    ({ held }) => held.file !== undefined && held.inFile !== held.fetched.fingerprint,
  )
  const replaced = files.length > 0 && (await replace(tended, files, rewrite, onChange))
  const inVariables = seen.filter(
    ({ held, verdict }) => verdict === 'changed' && held.file === undefined,
  )
  for (const { held } of inVariables) {
    sayKept(tended, held.binding.envVar, 'a variable of a running process cannot be replaced')
  }
  // Once for all that one re-read has brought.
  if (!replaced && inVariables.length > 0) tell(tended, onChange)
}

async function recordChanges(
  { gateway, records }: Tended,
  onChange: OnChange,
  changed: readonly Seen[],
): Promise<void> {
  if (changed.length === 0) return
  const word = onChange.does === 'signal' ? `signal:${onChange.signal.slice(3)}` : onChange.does
  await gateway.record(
    changed.map(({ held, result }) =>
      records.changed(result, held.gone ? undefined : held.fetched, word),
    ),
  )
  for (const { held, result } of changed) {
    const { fetched, decision } = result
    if (fetched?.outcome !== 'value') throw new TypeError('what changed is a value')
    Object.assign(held, { fetched, decision, gone: false })
  }
}

/** @returns whether every file has its new value; else each holds its old one or its new one, whole */
async function replace(
  tended: Tended,
  files: readonly Seen[],
  rewrite: Look['rewrite'],
  onChange: OnChange,
): Promise<boolean> {
  const { gateway, records, plan, say } = tended
  // On record before it can be read by anybody.
  await gateway.record(files.map(({ held }) => records.released(held)))
  const delivery = await rewrite(files.map(({ position }) => position))
  if (!delivery.delivered) {
    const { code, reason } = delivery
    for (const { held } of files) held.inFile = undefined
    await gateway.record(files.map(({ held }) => records.undelivered(held, code)))
    say(
      'error',
      `${plan.agent}: ${namesOf(files)}: the new value could not be written (${reason}) [${code}]`,
      'each file holds its old value or its new one, whole; it is tried again with the next re-read',
    )
    return false
  }
  for (const { held } of files) held.inFile = held.fetched.fingerprint
  // Before the record: should the log fail now, the agent is told all the same.
  tell(tended, onChange)
  await gateway.record(files.map(({ held }) => records.delivered(held)))
  noteNow(
    tended,
    files.map(({ held }) => held),
  )
  say('info', `${plan.agent}: ${namesOf(files)}: the new value is in its file`)
  return true
}

export function tell({ agent }: Tended, onChange: OnChange): void {
  if (onChange.does === 'signal') agent.signal(onChange.signal)
}

function sayKept({ plan, say }: Tended, envVar: string, why: string): void {
  say('warn', `${plan.agent}: ${envVar} changed; the agent goes on with the value it has: ${why}`)
}

function namesOf(seen: readonly Seen[]): string {
  return seen.map(({ held }) => held.binding.envVar).join(', ')
}
