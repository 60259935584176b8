/** Where agents and their slots stand in the document. Pure. */
import type { Slot } from '../accessors.ts'
import type { At } from '../problems.ts'
import type { Config } from '../types.ts'

export function agentPath(config: Config, id: string): At {
  const isMapped = config.agents !== undefined && Object.hasOwn(config.agents, id)
  return isMapped ? ['agents', id] : ['agent']
}

export function slotPath(agent: At, { tool, slot }: Pick<Slot, 'tool' | 'slot'>): At {
  return [...agent, 'tool-bindings', tool, 'credentials', slot]
}
