/** Gathers what an audit judges: plans, stores, files, runs, and where it may what is fetched. */
import { openAuditLog } from '../../audit/log.ts'
import { namedProviders } from '../../config/accessors.ts'
import type { Source } from '../../config/locate.ts'
import type { Config, LoadedConfig } from '../../config/types.ts'
import { SecretRefError } from '../../errors.ts'
import type {
  AuditFacts,
  BindingFact,
  Limits,
  PathFact,
  StoreFact,
} from '../../findings/judge/facts.ts'
import type { Finding } from '../../findings/types.ts'
import { userHome, type Home } from '../../state/home.ts'
import { actorOf } from '../actor.ts'
import { Gateway } from '../gateway.ts'
import type { KnownValue } from '../scan/scanner.ts'
import { readSurroundings } from '../surroundings.ts'
import { agentFacts } from './agents.ts'
import { fetchForAudit } from './fetch.ts'
import { configFile, homeFiles, programs, providerFiles, secretsFiles } from './named.ts'
import { rotationFacts } from './rotations.ts'
import { openForAudit, type AuditedConfig } from './open.ts'
import { lookAt } from './paths.ts'
import { planAll, type Planned } from './plans.ts'
import { literalsIn, searchFiles } from './search.ts'
import { withServed } from './served.ts'
import { withSince } from './since.ts'
import { storeFacts, unlisted } from './stores.ts'
import { targetFacts, type TargetFacts } from './targets.ts'

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
  /** What could not be looked at and is no failure. */
  notes: readonly Finding[]
  /** How many values were read, each once. */
  reads: number
  /** Why nothing was fetched, or nothing more. */
  trouble?: SecretRefError
}

/** @throws SecretRefError where there is no config, or no such environment */
export async function gather(request: AuditRequest): Promise<Gathered> {
  const { home, env } = request
  const audited = await openForAudit(request.source, home, request.now())
  const { config, loaded } = audited
  const trouble = audited.trouble ?? insideAgent(env)
  // Names alone need no half a megabyte of facts.
  const targets = request.values ? await targetFacts() : undefined
  const about = config === undefined ? NOTHING : aboutConfig(request, audited, config)
  const { planned, notes, programPaths, ...named } = about
  const uid = process.geteuid?.() ?? 0
  const paths = lookAt([configFile(audited.path), ...homeFiles(home), ...named.paths], uid)
  const facts: AuditFacts = {
    config: audited.path,
    now: request.now(),
    limits: request.limits,
    home: planned.home,
    environments: planned.environments,
    bindings: planned.plans.flatMap(({ bindings }) => bindings),
    uses: planned.uses,
    placed: planned.placed,
    services: targets?.services ?? new Map(),
    stores: config === undefined ? [] : unlisted(config, 'nothing is asked by this config'),
    files: about.files,
    paths,
    uid,
    agents: named.agents,
    configWritten: audited.written,
    literals: literalsIn(audited),
    rotations: about.rotations,
    place: audited.place,
  }
  if (trouble !== undefined) return { facts, notes, reads: 0, trouble }
  if (loaded === undefined) return { facts, notes, reads: 0 }
  const {
    stores,
    bindings = facts.bindings,
    ...asked
  } = await askAll(request, loaded, about, targets)
  const aged = withSince(bindings, audited.path, home, facts.now)
  const known = { ...facts, stores: stores ?? facts.stores, bindings: aged }
  // Nothing is opened for an audit that cannot be put on record.
  if (targets === undefined || stores === undefined) return { facts: known, notes, ...asked }
  const searched = await searchFiles(filesOf(paths, programPaths, uid), home, knownFrom(bindings))
  return {
    facts: { ...known, literals: [...facts.literals, ...searched.literals] },
    notes: [...notes, ...searched.notes],
    ...asked,
  }
}

interface AboutConfig extends ReturnType<typeof agentFacts>, ReturnType<typeof rotationFacts> {
  files: ReadonlyMap<string, string>
  planned: Planned
  paths: ReturnType<typeof secretsFiles>
  programPaths: ReadonlySet<string>
}

const NOTHING: AboutConfig = {
  files: new Map(),
  planned: { home: '', environments: [], plans: [], placed: [], uses: [] },
  paths: [],
  programPaths: new Set(),
  agents: [],
  rotations: [],
  notes: [],
}

function aboutConfig(
  { home, env, environment, now }: AuditRequest,
  { dir, path }: AuditedConfig,
  config: Config,
): AboutConfig {
  const folders = { configDir: dir, userHome: userHome(env) }
  const files = providerFiles(config, dir, home, env)
  const run = programs(config, folders)
  const planned = planAll({ config, ...folders, asked: environment, now: now() })
  const { agents, notes } = agentFacts(config, path, home)
  const known = rotationFacts({ loaded: { config, dir, path }, env }, planned.environments, home)
  return {
    files,
    planned: {
      ...planned,
      plans: planned.plans.map(({ plan, bindings }) => ({
        plan,
        bindings: withServed(bindings, config, path, home),
      })),
    },
    paths: [...run, ...secretsFiles(config, folders, files)],
    programPaths: new Set(run.map((program) => program.path)),
    agents,
    rotations: known.rotations,
    notes: [...notes, ...known.notes],
  }
}

/** Files of ours among the programs: scripts, which people edit; the system's own are not searched. */
function filesOf(
  paths: readonly PathFact[],
  programPaths: ReadonlySet<string>,
  uid: number,
): string[] {
  return paths
    .filter((fact) => programPaths.has(fact.path) && !fact.folder && fact.uid === uid)
    .map(({ path }) => path)
}

/** What was fetched, by fingerprint: a file may hold a value that has no form of its own. */
function knownFrom(bindings: readonly BindingFact[]): KnownValue[] {
  const known = new Map<string, KnownValue>()
  for (const { fetched, binding } of bindings) {
    if (fetched?.outcome !== 'value') continue
    const { fingerprint } = fetched
    known.set(fingerprint, { fingerprint, ref: binding.ref })
  }
  return [...known.values()]
}

/** An agent may learn nothing of what other agents have. */
function insideAgent(env: Environment): SecretRefError | undefined {
  if (!env['SECRETREF_RUN']) return undefined
  return new SecretRefError('AGENT_NOT_ALLOWED', 'inside an agent an audit fetches nothing', {
    scope: 'agent',
    hint: 'run it outside of any agent, or unset SECRETREF_RUN there',
  })
}

interface Asked {
  /** Undefined where nothing could be put on record, so that no store was asked. */
  stores?: readonly StoreFact[]
  bindings?: readonly BindingFact[]
  reads: number
  trouble?: SecretRefError
}

/** Lists stores and, with `targets`, fetches values; first of all it is on record that stores are listed. */
async function askAll(
  { home, env, now }: AuditRequest,
  loaded: LoadedConfig,
  { planned, files }: AboutConfig,
  targets: TargetFacts | undefined,
): Promise<Asked> {
  const actor = actorOf()
  const gateway = new Gateway({
    home,
    env,
    loaded,
    log: openAuditLog(home, { now }),
    actor,
    surroundings: readSurroundings(env),
    parent: undefined,
    now,
  })
  let stores: readonly StoreFact[] | undefined
  try {
    const names = [...namedProviders(loaded.config)].toSorted()
    const config = loaded.hash
    await gateway.record(
      names.map((provider) => ({ event: 'store.listed', actor, provider, config })),
    )
    stores = await storeFacts(loaded, files, { home, env, now })
    const fetched =
      targets === undefined
        ? { reads: 0 }
        : await fetchForAudit(gateway, planned.plans, targets.formsOf)
    await gateway.settle()
    return { stores, ...fetched }
  } catch (error) {
    // Without a record nothing is fetched; what can be told without fetching still is.
    if (!(error instanceof SecretRefError)) throw error
    return { ...(stores === undefined ? {} : { stores }), reads: 0, trouble: error }
  }
}
