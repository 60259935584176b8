/**
 * A serving gateway inside the test's own process: real config, home, log and agents, and no signal,
 * socket or timer of its own. The test edits, reloads and looks.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { ConfigWatch } from '../../src/cli/config-watch.ts'
import type { GatewayRunOptions } from '../../src/cli/gateway-run.ts'
import { openGateway, plannerOf, sayer } from '../../src/cli/foreground.ts'
import { servicesOf } from '../../src/cli/services.ts'
import { assemble, type Parts } from '../../src/cli/serving.ts'
import { loadConfig } from '../../src/config/load.ts'
import { trustConfig } from '../../src/config/trust.ts'
import { claim } from '../../src/gateway/claims.ts'
import { wallClock, type Clock } from '../../src/gateway/schedule.ts'
import { homeOf } from '../../src/state/home.ts'
import { until } from '../process/support.ts'
import { hearing, type Hearing } from './hearing.ts'

export interface Edited {
  agents: Record<string, Record<string, unknown>>
  [key: string]: unknown
}

export interface Stage extends Parts {
  io: Hearing
  dir: string
  config: string
  watch: ConfigWatch
  /** Resolves when all have ended. */
  ended: Promise<unknown>
  edit(change: (config: Edited) => void): void
  secrets(values: Record<string, string>): void
  write(name: string, content: string, mode?: number): void
  records(): AuditRecord[]
  events(): string[]
  /** Waits until all of these run, their starts being over. */
  run(...agents: string[]): Promise<void>
  /** Waits for what is written to `seen`, by agents that say something into it. */
  sees(pattern: RegExp): Promise<void>
  seen(): string
}

export const stays = (name: string, fields: object = {}): Record<string, unknown> => ({
  command: says(name),
  restart: 'always',
  'tool-bindings': needs({ K: 'k' }),
  ...fields,
})

export function pidOf(stage: Stage, words: string): number {
  return Number(new RegExp(`^${words} (\\d+)$`, 'm').exec(stage.seen())?.[1])
}

/** How the runs of an agent ended, in order, and why. */
export function endsOf(stage: Stage, agent: string): unknown[] {
  return stage
    .records()
    .filter((record) => record.event === 'run.ended' && record.agent === agent)
    .map(({ exit, reason }) => [exit, reason])
}

/** A command that writes what `words` expands to, and its pid, into `seen` beside the config, and goes on. */
export function says(words: string): string[] {
  return ['/bin/sh', '-c', `echo "${words} $$" >>seen; exec sleep 600`]
}

/** Slots of one tool, each by the variable that its ref arrives in. */
export function needs(refs: Record<string, string | object>, required = true): object {
  const slots = Object.entries(refs).map(([envVar, ref]) => [
    envVar.toLowerCase(),
    { envVar, ...(typeof ref === 'string' ? { secretRef: ref } : ref) },
  ])
  return { t: { required, credentials: Object.fromEntries(slots) } }
}

export async function serving(
  agents: Record<string, object>,
  given: { clock?: Clock; found?: true } = {},
): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-reload-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const env = { HOME: dir, SECRETREF_HOME: join(dir, 'state'), PATH: '/usr/bin:/bin' }
  const home = homeOf(env)
  const io = Object.assign(hearing(home), { env, cwd: dir, now: () => new Date() })
  const config = join(dir, 'secretref.json')
  const write = (content: object): void =>
    writeFileSync(config, JSON.stringify(content), { mode: 0o600 })
  const file = join(dir, 'secrets.json')
  const secrets = (values: Record<string, string>): void =>
    writeFileSync(file, JSON.stringify(values), { mode: 0o600 })
  secrets({ k: 'fake-value-k', l: 'fake-value-l' })
  write({ secrets: { providers: { file: { path: file } } }, agents })
  if (given.found) await trust({ config, io })
  const gateway = await openGateway(io, given.found ? {} : { config })
  const say = sayer(io, 'info')
  const options: GatewayRunOptions = { logLevel: 'info' }
  const clock = given.clock ?? wallClock(gateway.now)
  const parts = assemble(io, gateway, say, { options, given: undefined, clock })
  const planner = plannerOf(io, gateway.loaded, options)
  const services = await servicesOf(gateway, planner, options, undefined)
  await claim(
    gateway,
    services.map(({ plan }) => plan.agent),
  )
  const ended = parts.server.serve(gateway, services)
  onTestFinished(async () => {
    parts.server.hear({ signal: 'SIGKILL', agentHasIt: false, ends: true })
    await ended
    await parts.duties.stop()
    await parts.reloader.settle()
  })
  const seen = (): string => text(join(dir, 'seen'))
  const records = (): AuditRecord[] =>
    text(home.auditLog)
      .split('\n')
      .slice(0, -1)
      .map((line): AuditRecord => JSON.parse(line))
  return {
    ...parts,
    io,
    dir,
    config,
    watch: new ConfigWatch(parts.reloader),
    ended,
    edit: (change) => {
      const content: Edited = JSON.parse(readFileSync(config, 'utf8'))
      change(content)
      write(content)
    },
    secrets,
    write: (name, content, mode = 0o600) => writeFileSync(join(dir, name), content, { mode }),
    records,
    events: () => records().map(({ event }) => event),
    run: async (...names) => {
      const said = names.map((name) => `${name}: started (pid `)
      await until(`${names.join(', ')} run`, () => said.every((words) => io.stderr.includes(words)))
    },
    sees: async (pattern) => {
      await until(`${pattern} in ${seen()}`, () => pattern.test(seen()))
    },
    seen,
  }
}

/** As `secretref trust` does it. */
export async function trust({ config, io }: Pick<Stage, 'config' | 'io'>): Promise<void> {
  const loaded = await loadConfig({ path: config, found: true }, { now: io.now() })
  trustConfig(loaded, io.home, io.now())
}

/** Empty where there is none yet. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
