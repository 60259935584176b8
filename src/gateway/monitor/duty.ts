/** The watch over ends that a serving gateway keeps by itself, where its config says who is to be told. */
import type { Duty } from '../duties.ts'
import type { Gateway } from '../gateway.ts'
import { raiseAlert } from '../alert/raise.ts'
import { alertsOf } from './alerts.ts'
import { lookAtAll, unaskedInWords } from './look.ts'

const EVERY_MS = 6 * 3_600_000
/** Agents that are about to start are served first: they share the calls that a provider may get. */
const FIRST_MS = 15_000
const DAY_MS = 86_400_000
const DAYS = 7

/** @param environment as asked for; left out: the configured one */
export function monitorDuty(gateway: Gateway, environment: string | undefined): Duty {
  /** When each was told last: once a day, for as long as it lasts. */
  const told = new Map<string, number>()
  return {
    name: 'monitor',
    everyMs: EVERY_MS,
    firstAfterMs: FIRST_MS,
    async run(signal) {
      const now = gateway.now()
      const look = await lookAtAll(gateway, { environment, days: DAYS })
      const left = unaskedInWords(look)
      if (left !== undefined) gateway.warn(left)
      for (const alert of alertsOf(look, now)) {
        if (signal.aborted) return
        if (now.getTime() - (told.get(alert.key) ?? 0) < DAY_MS) continue
        await raiseAlert(gateway, alert)
        told.set(alert.key, now.getTime())
      }
    },
  }
}
