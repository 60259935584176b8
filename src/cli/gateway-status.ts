/** `secretref gateway status`: what each binding of an agent received last. */
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { fleetOf } from '../gateway/fleet.ts'
import { statusOf, statusText, type StatusLine } from '../gateway/status.ts'
import type { Plan } from '../plan/types.ts'
import { safeJson } from '../printable.ts'
import { credentialsOf, withLearnedEnd, type CredentialRow } from '../state/credentials.ts'
import { readDatabase } from '../state/db.ts'
import { allGrants, grantsOf, type GrantRow } from '../state/grants.ts'
import { leasesOf, type LeaseRow } from '../state/leases.ts'
import { fleetText } from './fleet.ts'
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

interface AgentLines {
  agent: string
  lines: StatusLine[]
}

/** With more agents, only what needs attention has lines of its own. */
const READ_LINE_BY_LINE = 20

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
  const agents = linesOf(io, loaded, options.agent)
  if (options.json === true) {
    io.out(`${safeJson({ version: 1, agents }, 2)}\n`)
    return 0
  }
  if (agents.length === 0) io.err(`${io.program}: this config has no agents\n`)
  if (agents.length > READ_LINE_BY_LINE) {
    io.out(fleetText(fleetOf(agents), io.signs))
    io.err('hint: --agent NAME shows every line of one agent, --json those of all\n')
    return 0
  }
  const headings = agents.length > 1 || options.all === true
  for (const { agent, lines } of agents) {
    if (headings) io.out(`${printable(agent)}\n`)
    for (const line of lines) io.out(`${headings ? '  ' : ''}${statusText(line, io.signs)}\n`)
    if (lines.length === 0) io.out(`${headings ? '  ' : ''}no credentials\n`)
  }
  return 0
}

/** Of all agents, or of one. */
function linesOf(io: Io, loaded: LoadedConfig, asked: string | undefined): AgentLines[] {
  const planner = plannerOf(io, loaded, {})
  const names = asked === undefined ? planner.holders : [asked]
  const plans = names.map((agent) => planner.plan({ agent }))
  const { grants, credentials, leases } = knownOf(io, loaded.path, plans)
  const now = io.now()
  return plans.map(({ agent, bindings }) => {
    const own = grants.get(agent)
    const lines = bindings.map((one) => {
      const grant = own?.get(one.envVar)
      const credential = credentials.get(one.ref)
      const known = grant && withLearnedEnd(grant, credential)
      return statusOf(one, known, now, credential, leases.get(agent)?.get(one.envVar))
    })
    return { agent, lines }
  })
}

interface Known {
  /** By agent and variable. */
  grants: Map<string, Map<string, GrantRow>>
  /** By ref. */
  credentials: Map<string, CredentialRow>
  /** By agent and variable. */
  leases: Map<string, Map<string, LeaseRow>>
}

/** The environment is one for all of a config. */
function knownOf(io: Io, config: string, [first, second]: readonly Plan[]): Known {
  const nothing = { grants: new Map(), credentials: new Map(), leases: new Map() }
  if (first === undefined) return nothing
  const db = readDatabase(io.home)
  if (db === undefined) return nothing
  const { agent, environment } = first
  try {
    const grants =
      second === undefined
        ? new Map([[agent, grantsOf(db, { config, environment, agent })]])
        : allGrants(db, { config, environment })
    const key = { config, environment }
    return { grants, credentials: credentialsOf(db, key), leases: leasesOf(db, key) }
  } finally {
    db.close()
  }
}
