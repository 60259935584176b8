/**
 * One agent, once, in the foreground. What the agent does with signals, the terminal and its exit code
 * is what the caller sees.
 */
import { isatty } from 'node:tty'
import { openAuditLog } from '../audit/log.ts'
import { SecretRefError } from '../errors.ts'
import { actorOf } from '../gateway/actor.ts'
import { endLike } from '../gateway/ending.ts'
import { Gateway } from '../gateway/gateway.ts'
import { parentRun, requireAllowed } from '../gateway/nesting.ts'
import { Interrupted, startOnce, type Once } from '../gateway/once.ts'
import type { Say } from '../gateway/result.ts'
import { hearSignals, Requests } from '../gateway/signals.ts'
import { readSurroundings } from '../gateway/surroundings.ts'
import { credentialLike } from '../plan/inherit.ts'
import { askedEnvironment } from '../plan/environment.ts'
import { planner } from '../plan/plan.ts'
import { userHome } from '../state/home.ts'
import { printable, type Io } from './io.ts'
import { openConfig } from './open.ts'
import type { StartOptions } from './options.ts'

export interface How {
  pristine: boolean
  /** One that is open already. */
  gateway?: Gateway
  /** Left out: warnings and errors only. */
  say?: Say
  /** What is to be done once the agent runs. */
  started?(once: Once): void
  /** What is to be done at the end, whatever it is. */
  finish?(): void | Promise<void>
}

/** Ends the process as the agent ended. @throws SecretRefError where nothing was started */
export async function foreground(
  io: Io,
  options: StartOptions,
  given: string[] | undefined,
  how: How,
): Promise<never> {
  const gateway = how.gateway ?? (await openGateway(io, options))
  const plan = planOf(io, gateway, options)
  requireAllowed(gateway.loaded, gateway.parent, plan)
  const program = gateway.programOf(plan.agent, given)
  if (program === undefined) {
    throw new SecretRefError('USAGE', `agent ${plan.agent} has no command`, {
      scope: 'agent',
      hint: `${io.program} run --agent ${plan.agent} -- cmd, or give it a "command" in the config`,
    })
  }
  if (!how.pristine && isatty(2)) sayPassed(io, credentialLike(gateway.inheritedBy(plan, false)))

  const say = how.say ?? sayer(io, 'warn')
  const interrupt = new AbortController()
  let interrupted: Interrupted | undefined
  /** For the agent, as soon as it is there. */
  const waiting: NodeJS.Signals[] = []
  const requests = new Requests()
  let running: Once | undefined
  hearSignals(gateway.surroundings, ({ signal, agentHasIt, ends }) => {
    const request = signal === 'SIGTERM' ? requests.count() : 'first'
    if (request === 'same') return
    if (running === undefined) {
      // The start hangs. Without us the watcher ends whatever there is of it.
      if (request === 'repeated') endLike({ signal })
      if (!agentHasIt) waiting.push(signal)
      if (!ends) return
      interrupted ??= new Interrupted(signal)
      interrupt.abort(interrupted)
      return
    }
    if (ends) interrupt.abort(new Interrupted(signal))
    if (request === 'repeated') running.agent.kill()
    else if (!agentHasIt) running.agent.signal(signal)
  })
  const startRequest = {
    plan,
    ...program,
    pristine: how.pristine,
    strict: options.strict === true,
    session: !gateway.surroundings.terminal,
    stdin: 'inherit',
    signal: interrupt.signal,
    say,
  } as const
  try {
    running = await startOnce(gateway, startRequest)
  } catch (error) {
    await finish(gateway, how, say)
    if (interrupted === undefined) throw error
    if (error instanceof SecretRefError) say('error', error.message, error.hint)
    endLike({ signal: interrupted.signal })
  }
  say('info', `${plan.agent}: started (pid ${running.agent.pid})`)
  for (const signal of waiting) running.agent.signal(signal)
  how.started?.(running)
  const sending = await sendBeside(gateway, say)
  const ending = await running.ended()
  await sending?.()
  await finish(gateway, how, say)
  endLike(ending)
}

/** Alerts that the start has raised go out while the agent runs: loaded only where there is a channel. */
async function sendBeside(gateway: Gateway, say: Say): Promise<(() => Promise<void>) | undefined> {
  if (gateway.loaded.config.alerts === undefined) return undefined
  const duty = await import('../gateway/alert/duty.ts')
  return duty.sendBeside(gateway, say)
}

/** What fails here is said; how we end belongs to the agent. */
async function finish(gateway: Gateway, how: How, say: Say): Promise<void> {
  try {
    await how.finish?.()
    await settleAlerts(gateway, say)
    await gateway.settle()
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    say('error', error.message, error.hint)
  }
}

/** At the end of a command, and bounded: what could not be sent stays for the next one. */
export async function settleAlerts(gateway: Gateway, say: Say): Promise<void> {
  if (gateway.loaded.config.alerts === undefined) return
  const duty = await import('../gateway/alert/duty.ts')
  await duty.settleAlerts(gateway, say)
}

/** Config, trust, log and surroundings for starts. @throws SecretRefError */
export async function openGateway(io: Io, options: { config?: string }): Promise<Gateway> {
  const parent = await parentRun(io.env, io.home)
  // Inside an agent the config is the one that it was started with, however that was found.
  const config = options.config ?? parent?.config
  const loaded = await openConfig(io, config === undefined ? {} : { config }, { trusted: true })
  const now = (): Date => io.now()
  const warn = (...said: [sentence: string, hint?: string]): void => sayTo(io, ...said)
  return new Gateway({
    home: io.home,
    env: io.env,
    loaded,
    log: openAuditLog(io.home, { now, warn }),
    actor: actorOf(parent?.agent),
    surroundings: readSurroundings(io.env),
    parent,
    now,
    warn,
  })
}

export function planOf(
  io: Io,
  gateway: Gateway,
  options: StartOptions,
): ReturnType<ReturnType<typeof planner>['plan']> {
  return plannerOf(io, gateway.loaded, options).plan(options)
}

export function plannerOf(
  io: Io,
  loaded: Gateway['loaded'],
  options: { environment?: string },
): ReturnType<typeof planner> {
  return planner({
    config: loaded.config,
    configDir: loaded.dir,
    userHome: userHome(io.env),
    environment: askedEnvironment(options.environment, io.env['SECRETREF_ENVIRONMENT']),
  })
}

function sayPassed(io: Io, names: readonly string[]): void {
  if (names.length === 0) return
  sayTo(
    io,
    `passed on from this shell, and looks like a credential: ${names.join(', ')}`,
    'bind it to the agent, unset it, or use --pristine',
  )
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof LEVELS)[number]

/** Says on stderr what is at least as grave as `shown`. */
export function sayer(io: Io, shown: Level): Say {
  return (level, sentence, hint) => {
    if (LEVELS.indexOf(level) <= LEVELS.indexOf(shown)) sayTo(io, sentence, hint)
  }
}

function sayTo(io: Io, sentence: string, hint?: string): void {
  io.err(`${io.program}: ${printable(sentence)}\n`)
  if (hint !== undefined) io.err(`hint: ${printable(hint)}\n`)
}
