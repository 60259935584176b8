/** Whether anything is to be sent: looked at often, so nothing that sends is loaded for it. */
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { openOutbox, outboxAt } from '../../alerts/db.ts'
import { due, freeOfTheDead, type Holder } from '../../alerts/outbox.ts'
import { hurry, waiting, type Waiting } from '../../alerts/waiting.ts'
import { patiently } from '../../state/patience.ts'
import type { Gateway } from '../gateway.ts'
import { pidNamespace, startTimeOf, stillRuns } from '../surroundings.ts'

/**
 * @returns `undefined` where no alert was ever raised, and inside an agent
 * @throws STATE_UNAVAILABLE
 */
export async function outboxOf({ home, parent }: Gateway): Promise<DatabaseSync | undefined> {
  if (parent !== undefined || !existsSync(outboxAt(home))) return undefined
  return patiently(() => openOutbox(home))
}

/** @throws STATE_UNAVAILABLE */
export async function alertsAreDue(gateway: Gateway): Promise<boolean> {
  const db = await outboxOf(gateway)
  if (db === undefined) return false
  try {
    await patiently(() => freeOfTheDead(db, holderOf(), gateway.now()))
    return due(db, gateway.loaded.path, gateway.now()).length > 0
  } finally {
    db.close()
  }
}

/** @throws STATE_UNAVAILABLE */
export async function waitingAlerts(gateway: Gateway): Promise<Waiting[]> {
  const db = await outboxOf(gateway)
  if (db === undefined) return []
  try {
    return waiting(db, gateway.loaded.path, gateway.now())
  } finally {
    db.close()
  }
}

/** All that waits is due, but where its channel is left alone. @throws STATE_UNAVAILABLE */
export async function hurryAlerts(gateway: Gateway): Promise<void> {
  const db = await outboxOf(gateway)
  if (db === undefined) return
  try {
    await patiently(() => hurry(db, gateway.loaded.path, gateway.now()))
  } finally {
    db.close()
  }
}

/** Of a process that we cannot see nobody can say that it died: what it holds is free in a minute. */
export function holderOf(): Holder {
  const here = pidNamespace()
  return {
    self: [process.pid, startTimeOf(process.pid) ?? '', here].join(' '),
    isAlive: (holder) => {
      const [pid, started, namespace] = holder.split(' ')
      return namespace !== here || stillRuns(Number(pid), started === '' ? undefined : started)
    },
  }
}
