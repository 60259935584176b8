/** Processes as the databases name them: a pid, and a start time with the namespace of both. */
import type { Home } from '../../state/home.ts'
import { pidNamespace, startTimeOf } from '../surroundings.ts'
import { lives, showLife } from './sign.ts'

export interface Holder {
  pid: number
  started: string | undefined
}

/** This process, which from now on shows that it lives. @throws STATE_UNAVAILABLE */
export function ourHolder(home: Home): Holder {
  showLife(home)
  return { pid: process.pid, started: `${startTimeOf(process.pid) ?? ''}@${pidNamespace()}` }
}

/** @param holder one that an earlier version has named has no namespace: then it is ours */
export function holderLives(home: Home, { pid, started = '' }: Holder): boolean {
  const { time, namespace } = partsOf(started)
  return lives(home, `${pid}-${time === '' ? '0' : time}-${namespace}`)
}

/** @returns of one whose pid we cannot see: its pid and namespace, as its control socket is named by them */
export function elsewhere({ pid, started = '' }: Holder): string | undefined {
  const { namespace } = partsOf(started)
  return namespace === pidNamespace() ? undefined : `${pid}-${namespace}`
}

function partsOf(started: string): { time: string; namespace: string } {
  const [, time = '', namespace = pidNamespace()] = /^(\d*)(?:@(\d+))?$/.exec(started) ?? []
  return { time, namespace }
}
