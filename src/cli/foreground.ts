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
import { Interrupted, startOnce, type Once, type Say } from '../gateway/once.ts'
import { forwardSignals } from '../gateway/signals.ts'
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
  /** What is to be done at the end, whatever it is. */
  finish?(): void
}

/** @returns only where it was interrupted by no signal and nothing was started; else ends the process */
export async function foreground(
  io: Io,
  options: StartOptions,
  given: string[] | undefined,
  how: How,
): Promise<number> {
  const gateway = how.gateway ?? (await openGateway(io, options))
  const plan = planOf(io, gateway, options)
  requireAllowed(gateway.loaded, gateway.parent, plan.agent)
  const command = gateway.commandOf(plan.agent, given)
  if (command === undefined) {
    throw new SecretRefError('USAGE', `agent ${plan.agent} has no command`, {
      scope: 'agent',
      hint: `${io.program} run --agent ${plan.agent} -- cmd, or give it a "command" in the config`,
    })
  }
  if (!how.pristine && isatty(2)) sayPassed(io, credentialLike(gateway.inheritedBy(plan, false)))

  const say = how.say ?? sayer(io, 'warn')
  const interrupt = new AbortController()
  let running: Once | undefined
  let early: NodeJS.Signals | undefined
  let terms = 0
  forwardSignals(gateway.surroundings, (signal) => {
    if (running === undefined) {
      early = signal
      if (ENDING.has(signal)) interrupt.abort(new Interrupted(signal))
      return
    }
    if (signal === 'SIGTERM' && ++terms > 1) running.agent.kill()
    else running.agent.signal(signal)
  })
  try {
    running = await startOnce(gateway, {
      plan,
      command,
      pristine: how.pristine,
      strict: options.strict === true,
      session: !gateway.surroundings.terminal,
      stdin: 'inherit',
      signal: interrupt.signal,
      say,
    })
    say('info', `${plan.agent}: started (pid ${running.agent.pid})`)
    // A signal that came between the release and now was meant for the agent.
    if (early !== undefined) running.agent.signal(early)
    const ending = await running.ended()
    how.finish?.()
    await gateway.settle()
    endLike(ending)
  } catch (error) {
    how.finish?.()
    await gateway.settle()
    if (error instanceof Interrupted) endLike({ signal: error.signal })
    throw error
  }
}

/** Signals that end a program that does not handle them; before an agent is there they end the start. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'])

/** Config, trust, log and surroundings for starts. @throws SecretRefError */
export async function openGateway(io: Io, options: { config?: string }): Promise<Gateway> {
  const loaded = await openConfig(io, options, { trusted: true })
  const parent = await parentRun(io.env, io.home)
  return new Gateway({
    home: io.home,
    env: io.env,
    loaded,
    log: openAuditLog(io.home, { now: io.now }),
    actor: actorOf(parent?.agent),
    surroundings: readSurroundings(),
    parent,
    now: io.now,
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
