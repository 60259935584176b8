/** Gathers what an audit judges: plans, stores, files, runs, and where it may what is fetched. */
import { openAuditLog } from '../../audit/log.ts'
import { agentsOf } from '../../config/accessors.ts'
import type { Source } from '../../config/locate.ts'
import { placeOf } from '../../config/problems.ts'
import { agentPath } from '../../config/rules/paths.ts'
import type { Config } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import type { AgentFact, AuditFacts, Limits, LiteralFact } from '../../findings/judge/facts.ts'
import type { Finding } from '../../findings/types.ts'
import { readDatabase } from '../../state/db.ts'
import { userHome, type Home } from '../../state/home.ts'
import { lastRunsOf } from '../../state/last-runs.ts'
import { actorOf } from '../actor.ts'
import { Gateway } from '../gateway.ts'
import { scanFiles } from '../scanner.ts'
import { readSurroundings, stillRuns } from '../surroundings.ts'
import { fetchForAudit } from './fetch.ts'
import { configFile, homeFiles, programs, providerFiles, secretsFiles } from './named.ts'
import { openForAudit, type AuditedConfig } from './open.ts'
import { lookAt } from './paths.ts'
import { planAll, type Planned } from './plans.ts'
import { storeFacts, unlisted } from './stores.ts'
import { formsOf, withMismatches } from './targets.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface AuditRequest {
  source: Source
  home: Home
  env: Environment
  now: () => Date
  /** One environment alone; left out: every one that the config states. */
  environment: string | undefined
  limits: Limits
  /** False: nothing is fetched and no file is searched, only names are looked at. */
  values: boolean
}

export interface Gathered {
  facts: AuditFacts
  /** What the search of the files that the config names could not do. */
  notes: readonly Finding[]
  /** How many values were read, each once. */
  reads: number
  /** Why nothing was fetched, or nothing more. */
  trouble?: SecretRefError
}

/** @throws SecretRefError where there is no config, or no such environment */
export async function gather(request: AuditRequest): Promise<Gathered> {
  const { home, env, source } = request
  const now = request.now()
  const audited = await openForAudit(source, home, now)
  const { config, dir, path } = audited
  const trouble = audited.trouble ?? insideAgent(env)
  const folders = { configDir: dir, userHome: userHome(env) }
  const uid = process.geteuid?.() ?? 0
  const files = config === undefined ? new Map() : providerFiles(config, dir, home, env)
  const run = config === undefined ? [] : programs(config, folders)
  const named = [configFile(path), ...homeFiles(home), ...run]
  if (config !== undefined) named.push(...secretsFiles(config, folders, files))
  const paths = lookAt(named, uid)
  const planned =
    config === undefined
      ? NOTHING
      : planAll({
          config,
          configDir: dir,
          userHome: folders.userHome,
          asked: request.environment,
          now,
        })
  const runs = config === undefined ? { agents: [], notes: [] } : agentFacts(config, path, home)
  const facts: AuditFacts = {
    config: path,
    now,
    limits: request.limits,
    home: planned.home,
    environments: planned.environments,
    bindings: await withMismatches(planned.plans.flatMap(({ bindings }) => bindings)),
    uses: planned.uses,
    placed: planned.placed,
    stores: config === undefined ? [] : unlisted(config, 'nothing is asked by this config'),
    files,
    paths,
    uid,
    agents: runs.agents,
    configWritten: audited.written,
    literals: literalsOf(audited),
    place: audited.place,
  }
  if (trouble !== undefined || audited.loaded === undefined) {
    return { facts, notes: runs.notes, reads: 0, ...(trouble && { trouble }) }
  }
  const stores = await storeFacts(audited.loaded, files, home, env)
  if (!request.values) return { facts: { ...facts, stores }, notes: runs.notes, reads: 0 }
  const ours = new Set(run.map((one) => one.path))
  const searched = await search(
    paths.filter((fact) => ours.has(fact.path) && fact.uid === uid).map((fact) => fact.path),
    home,
  )
  const fetched = await fetchAll(request, audited.loaded, planned)
  const literals = [...facts.literals, ...searched.literals]
  const bindings = fetched.bindings ?? facts.bindings
  return {
    facts: { ...facts, stores, literals, bindings: await withMismatches(bindings) },
    notes: [...runs.notes, ...searched.notes],
    reads: fetched.reads,
    ...(fetched.trouble && { trouble: fetched.trouble }),
  }
}

const NOTHING: Planned = { home: '', environments: [], plans: [], placed: [], uses: [] }

/** An agent may learn nothing of what other agents have. */
function insideAgent(env: Environment): SecretRefError | undefined {
  if (!env['SECRETREF_RUN']) return undefined
  return new SecretRefError('AGENT_NOT_ALLOWED', 'inside an agent an audit fetches nothing', {
    scope: 'agent',
    hint: 'run it outside of any agent, or unset SECRETREF_RUN there',
  })
}

async function fetchAll(
  { home, env, now }: AuditRequest,
  loaded: NonNullable<AuditedConfig['loaded']>,
  { plans }: Planned,
): Promise<{ bindings?: AuditFacts['bindings']; reads: number; trouble?: SecretRefError }> {
  const gateway = new Gateway({
    home,
    env,
    loaded,
    log: openAuditLog(home, { now }),
    actor: actorOf(),
    surroundings: readSurroundings(env),
    parent: undefined,
    now,
  })
  try {
    const wanted = await formsOf(plans.flatMap(({ bindings }) => bindings))
    const fetched = await fetchForAudit(gateway, plans, wanted)
    await gateway.settle()
    return fetched
  } catch (error) {
    // Without a record nothing is fetched; what can be told without fetching still is.
    if (error instanceof SecretRefError) return { reads: 0, trouble: error }
    throw error
  }
}

/** A credential in the config itself, as `config check` finds it. */
function literalsOf({ path, problems }: AuditedConfig): LiteralFact[] {
  return problems
    .filter(({ code }) => code === 'HARDCODED_CREDENTIAL')
    .map(({ message, severity, at, line, column }) => ({
      message,
      severity,
      kind: message,
      place: {
        file: path,
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
        at: placeOf(at),
      },
    }))
}

/** Looks for credentials in the files that the config names, in a process of its own. */
async function search(
  paths: readonly string[],
  home: Home,
): Promise<{ literals: LiteralFact[]; notes: Finding[] }> {
  if (paths.length === 0) return { literals: [], notes: [] }
  try {
    const found = await scanFiles(paths, { home, all: true })
    return {
      literals: found.filter(isCredential).flatMap(({ message, severity, places, targets }) =>
        places.map((place) => {
          const kind = targets?.join(' or ') ?? 'a credential'
          return { message, severity, kind, place }
        }),
      ),
      notes: found.filter((finding) => !isCredential(finding)).map(notSearched),
    }
  } catch (error) {
    return { literals: [], notes: [unread(error, paths, 'run `secretref scan` on them')] }
  }
}

/** @throws what is no failure of ours */
function unread(error: unknown, paths: readonly string[], otherwise: string): Finding {
  if (!(error instanceof SecretRefError)) throw error
  const { message, hint = otherwise } = error
  const places = paths.map((file) => ({ file }))
  return { code: 'skipped', severity: 'note', message, hint, places }
}

function isCredential({ code }: Finding): boolean {
  return code === 'credential' || code === 'known-value'
}

/** Not searched is a note: what a run needs is resolved all the same. */
function notSearched(finding: Finding): Finding {
  return { ...finding, code: 'skipped', severity: 'note' }
}

/** Without its state nobody can say which agent is idle: that is a note, and the rest is judged. */
function agentFacts(
  config: Config,
  path: string,
  home: Home,
): { agents: AgentFact[]; notes: Finding[] } {
  let db: ReturnType<typeof readDatabase>
  try {
    db = readDatabase(home)
    const { last, open } = db === undefined ? { last: new Map(), open: [] } : lastRunsOf(db, path)
    const running = new Set(
      open
        .filter(({ gateway }) => stillRuns(gateway.pid, gateway.started))
        .map(({ agent }) => agent),
    )
    const agents = [...agentsOf(config).keys()].map((agent) => {
      const at = agentPath(config, agent)
      const ended = last.get(agent)
      const fact: AgentFact = { agent, at, running: running.has(agent) }
      if (ended !== undefined) fact.lastRun = new Date(ended)
      return fact
    })
    return { agents, notes: [] }
  } catch (error) {
    return { agents: [], notes: [unread(error, [home.stateDb], 'delete it')] }
  } finally {
    db?.close()
  }
}
