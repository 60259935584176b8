/** `secretref gateway status`: what each binding of an agent received last. */
import { SecretRefError } from '../errors.ts'
import { statusOf, statusText, type StatusLine } from '../gateway/status.ts'
import { readDatabase } from '../state/db.ts'
import { grantsOf } from '../state/grants.ts'
import { plannerOf } from './foreground.ts'
import { printable, type Io } from './io.ts'
import { openConfig } from './open.ts'

export interface StatusOptions {
  config?: string
  agent?: string
  secrets?: true
  all?: true
  json?: true
}

export async function gatewayStatus(io: Io, options: StatusOptions): Promise<number> {
  if (options.secrets !== true) {
    throw new SecretRefError('USAGE', 'gateway status needs to know of what', {
      hint: `${io.program} gateway status --secrets`,
    })
  }
  if (options.agent !== undefined && options.all === true) {
    throw new SecretRefError('USAGE', '--agent and --all exclude each other')
  }
  const loaded = await openConfig(io, options, { trusted: false })
  const planner = plannerOf(io, loaded, {})
  const names = options.agent === undefined ? planner.agents : [options.agent]
  const db = readDatabase(io.home)
  const agents: { agent: string; lines: StatusLine[] }[] = []
  try {
    for (const name of names) {
      const plan = planner.plan({ agent: name })
      const { environment } = plan
      const key = { config: loaded.path, environment, agent: name }
      const grants = db && grantsOf(db, key)
      const lines = plan.bindings.map((binding) =>
        statusOf(binding, grants?.get(binding.envVar), io.now()),
      )
      agents.push({ agent: name, lines })
    }
  } finally {
    db?.close()
  }
  if (options.json === true) {
    io.out(`${JSON.stringify({ version: 1, agents }, undefined, 2)}\n`)
    return 0
  }
  if (agents.length === 0) io.err(`${io.program}: this config has no agents\n`)
  const headings = agents.length > 1 || options.all === true
  for (const { agent, lines } of agents) {
    if (headings) io.out(`${printable(agent)}\n`)
    for (const line of lines) io.out(`${headings ? '  ' : ''}${statusText(line, io.signs)}\n`)
    if (lines.length === 0) io.out(`${headings ? '  ' : ''}no credentials\n`)
  }
  return 0
}
