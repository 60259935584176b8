/** Where agents and their slots stand in the document. Pure. */
import type { Slot } from '../accessors.ts'
import { MONITOR, webhookTool } from '../monitor.ts'
import type { At } from '../problems.ts'
import type { Config } from '../types.ts'

export function agentPath(config: Config, id: string): At {
  const isMapped = config.agents !== undefined && Object.hasOwn(config.agents, id)
  return isMapped ? ['agents', id] : ['agent']
}

/** Where a binding stands, the built-in agent's too. */
export function bindingPath(
  config: Config,
  { agent, tool, slot }: { agent: string } & Pick<Slot, 'tool' | 'slot'>,
): At {
  if (agent !== MONITOR) return slotPath(agentPath(config, agent), { tool, slot })
  const name = Object.keys(config.alerts?.webhooks ?? {}).find((one) => webhookTool(one) === tool)
  return name === undefined ? ['alerts', 'slack', slot] : ['alerts', 'webhooks', name, slot]
}

export function slotPath(agent: At, { tool, slot }: Pick<Slot, 'tool' | 'slot'>): At {
  return [...agent, 'tool-bindings', tool, 'credentials', slot]
}
