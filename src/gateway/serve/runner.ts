/** Starts one agent, and does to its run what a signal, a changed value or a new config asks for. */
import { providersOf } from '../../config/accessors.ts'
import { SecretRefError } from '../../errors.ts'
import type { Denial } from '../../policy/decide.ts'
import { askToEnd } from '../ask-to-end.ts'
import type { Ending } from '../ending.ts'
import { Interrupted, startOnce, type Once } from '../once.ts'
import { Pace } from '../restart.ts'
import type { Heard } from '../signals.ts'
import type { Withdrawal } from '../tend/withdraw.ts'
import { runsAs, type Current } from './meaning.ts'
import type { Serving } from './service.ts'
import { takenBy } from './taken.ts'

interface Run {
  once: Once
  /** What it was started by, and the same as text. */
  by: Current
  as: string
}

/** What a new config takes from one run, if anything. */
export interface Taken {
  run: Run
  withdrawal: Withdrawal | undefined
}

/** A start is given up: the config has changed meanwhile. */
class Superseded extends Error {}

export class Runner {
  readonly #serving: Serving
  readonly #agent: string
  #current: Current
  /** Of a start, and then of its run: aborts when nothing more is to be done for it. */
  #attempt: { as: string; abort: AbortController } | undefined
  #run: Run | undefined
  /** Aborts when it is to start no more. */
  readonly #over = new AbortController()
  #stop: Heard | undefined
  /** We end the run, to start it again after so many milliseconds. */
  #again: number | undefined
  readonly #pace = new Pace()
  /** A restart because of an edit is due in a while. */
  #later: AbortController | undefined

  constructor(serving: Serving, current: Current) {
    this.#serving = serving
    this.#agent = current.service.plan.agent
    this.#current = current
  }

  get current(): Current {
    return this.#current
  }

  get over(): AbortSignal {
    return this.#over.signal
  }

  /** How long to wait before the next start, where it was we who ended the last run for it; told once. */
  takeRestart(): number | undefined {
    const ms = this.#again
    this.#again = undefined
    return ms
  }

  /** @returns how the run ended; `undefined` where it could not be started, which has been said by then */
  async start(): Promise<Ending | undefined> {
    for (;;) {
      try {
        const run = await this.#serving.starts.run(() => this.#startOnce())
        return run && (await this.#supervise(run))
      } catch (error) {
        // It may have failed by itself by then.
        if (!(error instanceof Superseded)) this.fail(error)
        const superseded = this.#attempt?.abort.signal.reason instanceof Superseded
        this.#attempt = undefined
        if (!superseded) return undefined
        await this.#serving.clock.wait(this.#nextPace(), this.#over.signal)
      }
    }
  }

  async #startOnce(): Promise<Run | undefined> {
    // Nobody is asked for what will not be started.
    this.#over.signal.throwIfAborted()
    const by = this.#current
    const { plan, program, schedule, strict, terminal } = by.service
    if (program === undefined) return undefined
    const abort = new AbortController()
    const as = runsAs(by)
    this.#attempt = { as, abort }
    const once = await startOnce(by.gateway, {
      plan,
      ...program,
      pristine: true,
      strict,
      session: !terminal,
      stdin: terminal ? 'inherit' : 'ignore',
      signal: abort.signal,
      say: this.#serving.options.say,
      // A scheduled run is not restarted: the next one has the new value.
      ...(schedule === undefined ? { onRestart: () => this.#restart(0) } : {}),
    })
    if (abort.signal.reason instanceof Superseded) {
      // Too late to give the start up: it is begun anew all the same.
      once.because('config-reloaded')
      askToEnd(once.agent)
      await once.ended()
      throw abort.signal.reason
    }
    return { once, by, as }
  }

  async #supervise(run: Run): Promise<Ending> {
    const { once } = run
    const { say } = this.#serving.options
    this.#run = run
    this.#again = undefined
    say('info', `${this.#agent}: started (pid ${once.agent.pid})`)
    // Asked to stop between the release and now.
    if (this.#stop !== undefined) this.tell(this.#stop)
    else if (this.#over.signal.aborted) this.#end()
    const ending = await once.ended()
    this.#run = undefined
    this.#attempt = undefined
    this.#later?.abort()
    say('info', `${this.#agent}: ${wordsFor(ending)}`)
    return ending
  }

  /**
   * Says a failure at once, a defect of ours included: other agents go on, and may do so for long. No
   * value can be in an error of this wing.
   */
  fail(error: unknown): undefined {
    if (error instanceof Interrupted) return
    const { say } = this.#serving.options
    if (error instanceof SecretRefError) {
      say('error', `${this.#agent}: ${error.message} [${error.code}]`, error.hint)
    } else {
      const what = `a defect of SecretRef: ${String(error)} [INTERNAL]`
      say('error', `${this.#agent}: ${what}`, 'please report it')
    }
  }

  tell({ signal, agentHasIt }: Heard): void {
    const agent = this.#run?.once.agent
    if (agent !== undefined && (agent.session || !agentHasIt)) agent.signal(signal)
  }

  kill(): void {
    this.#run?.once.agent.kill()
  }

  /** It is told by the signal, and starts no more. */
  stop(heard: Heard): void {
    this.#stop = heard
    this.#startsNoMore(new Interrupted(heard.signal))
    this.tell(heard)
  }

  /** The config no longer names it: it is ended, and starts no more. */
  leave(): void {
    this.#serving.options.say('info', `${this.#agent}: the config no longer has it; it is ended`)
    this.#startsNoMore(new Interrupted('SIGTERM'))
    this.#end()
  }

  #startsNoMore(why: Interrupted): void {
    this.#over.abort(why)
    this.#attempt?.abort.abort(why)
    this.#later?.abort()
  }

  /** What `next` takes from what runs now; nothing has happened until `change` is given it. */
  async taken(next: Current): Promise<Taken | undefined> {
    const run = this.#run
    if (run === undefined) return undefined
    const denials = this.#denials(run, next)
    const withdrawal = denials.length === 0 ? undefined : await run.once.withdraw(denials)
    return { run, withdrawal }
  }

  #denials({ by }: Run, { gateway, service }: Current): Denial[] {
    const providers = providersOf(gateway.loaded.config)
    const context = { now: gateway.now(), strict: service.strict, providers }
    return takenBy(service.plan, by.service.plan.bindings, context)
  }

  /** From now on it is served as `next` says. @param taken what `taken` said of it */
  change(next: Current, taken: Taken | undefined): void {
    this.#current = next
    const run = this.#run
    if (run === undefined) {
      const attempt = this.#attempt
      if (attempt?.as !== runsAs(next)) attempt?.abort.abort(new Superseded())
    } else if (taken?.run !== run) {
      this.#begunSince(run)
    } else if (taken.withdrawal?.act() === true) {
      const end = this.#isStartedAgain() ? 'started again without it' : 'stopped'
      const about = `${this.#agent}: it requires what the config takes from it, and is ${end}`
      this.#serving.options.say('error', about)
      this.#endForConfig()
    } else if (run.as !== runsAs(next)) {
      if (this.#restartsOnChange()) this.#restartSoon()
      else {
        const about = `${this.#agent}: goes on as it is; what has changed holds from its next start`
        this.#serving.options.say('info', about)
      }
    }
  }

  /** Nobody has asked what the config takes from it: it began a moment ago, by the one before. */
  #begunSince(run: Run): void {
    if (run.as !== runsAs(this.#current)) this.#endForConfig()
  }

  #restartsOnChange(): boolean {
    const { gateway, service } = this.#current
    return service.schedule === undefined && gateway.agent(this.#agent).onChange === 'restart'
  }

  #isStartedAgain(): boolean {
    const { schedule, restart } = this.#current.service
    return schedule === undefined && (restart !== 'never' || this.#restartsOnChange())
  }

  /** Ends the run, and starts it again where it is one that is started again. */
  #endForConfig(): void {
    this.#run?.once.because('config-reloaded')
    if (this.#isStartedAgain()) this.#restart(this.#nextPace())
    else this.#end()
  }

  #restartSoon(): void {
    if (this.#later !== undefined) return
    const delay = this.#nextPace()
    if (delay === 0) {
      this.#endAndRestart()
      return
    }
    const { clock, options } = this.#serving
    const about = `${this.#agent}: has changed again so soon; it is started again in ${delay / 1000} s`
    options.say('info', about)
    this.#later = new AbortController()
    void this.#restartAfter(clock.wait(delay, this.#later.signal), this.#later.signal)
  }

  async #restartAfter(waited: Promise<void>, given: AbortSignal): Promise<void> {
    await waited
    this.#later = undefined
    const run = this.#run
    // It has ended meanwhile, or what was edited is as it was.
    if (given.aborted || run === undefined || run.as === runsAs(this.#current)) return
    if (this.#restartsOnChange()) this.#endAndRestart()
  }

  #endAndRestart(): void {
    this.#run?.once.because('config-reloaded')
    this.#restart(0)
  }

  #restart(afterMs: number): void {
    if (this.#run === undefined || this.#over.signal.aborted) return
    this.#again = afterMs
    askToEnd(this.#run.once.agent)
  }

  #end(): void {
    if (this.#run === undefined) return
    this.#run.once.because('config-reloaded')
    askToEnd(this.#run.once.agent)
  }

  #nextPace(): number {
    return this.#pace.next(this.#serving.clock.now().getTime())
  }
}

function wordsFor({ code, signal }: Ending): string {
  return signal === undefined ? `ended with exit code ${code}` : `was ended by ${signal}`
}
