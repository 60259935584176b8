/** Twenty agents of one gateway whose values lie in a Vault, and what they and their gateway are seen to do. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { newSecret, type Secret } from '../process/leaks.ts'
import { descendantsOf, makeWorld, procFile, type World } from '../process/support.ts'
import { median, type Random } from './soak.ts'

export const AGENTS = 20
/** Each fourth agent is of one kind. */
const EVERY = 4

/** Says whether what it received is what was meant for it, and stays for a while. */
const SCRIPT = `
if [ -n "$KEY_FILE" ]; then got=$(sha256sum <"$KEY_FILE"); else got=$(printf %s "$KEY" | sha256sum); fi
[ "\${got%% *}" = "$2" ] && echo "right $1" || echo "wrong $1"
sleep "$3"
exit "$4"`

export interface Fleet {
  world: World
  secrets: readonly Secret[]
  /** Names of files of the world that hold values because the test has put them there. */
  sources: readonly string[]
  /** Changes the config in one of several ways. @returns whether it is still a config */
  edit: (random: Random) => boolean
}

/** What is written into the Vault for one agent. */
export function placeOf(agent: number): { path: string; field: string } {
  return { path: `fleet/${agent}`, field: `k${agent}` }
}

/**
 * A quarter of the agents each: the last good value in an outage; a file behind the Vault; a value
 * delivered as a file; nothing of that.
 */
export function fleetBehind(url: string, callsPerMinute: number, random: Random): Fleet {
  const secrets = Array.from({ length: AGENTS }, newSecret)
  const world = makeWorld()
  world.env['VAULT_TOKEN'] = ['fake', 'root', 'token'].join('-')
  const near = Object.fromEntries(secrets.map(({ value }, i) => [`key-${i}`, value]))
  const path = world.write('near.json', JSON.stringify(near), 0o600)
  const lives = secrets.map(() => random.whole(2, 40))
  let left: number | undefined
  const config = (): object => ({
    secrets: {
      providers: {
        vault: { address: url, timeoutMs: 1500, callsPerMinute },
        near: { type: 'file', path },
      },
    },
    openclaw: {
      gateway: {
        secrets: { refMap: Object.fromEntries(secrets.map((_, i) => [`key-${i}`, refOf(i)])) },
      },
    },
    agents: Object.fromEntries(
      secrets.flatMap(({ value }, i) =>
        i === left ? [] : [[`agent-${i}`, agentOf(i, value, lives[i] ?? 0)]],
      ),
    ),
  })
  world.writeConfig(config())
  const edit = (chance: Random): boolean => {
    const kind = chance.weighted([
      ['life', 4],
      ['leave', 2],
      ['mistake', 2],
      ['half', 1],
    ] as const)
    const i = chance.whole(0, AGENTS - 1)
    if (kind === 'life') lives[i] = chance.whole(2, 40)
    if (kind === 'leave') left = left === undefined ? i : undefined
    const text = JSON.stringify({ ...config(), ...(kind === 'mistake' && { agents: 'none' }) })
    const written = `${world.config}.new`
    const whole = kind === 'half' ? text.slice(0, text.length / 2) : text
    writeFileSync(written, whole, { mode: 0o600 })
    renameSync(written, world.config)
    return kind === 'life' || kind === 'leave'
  }
  return { world, secrets, sources: ['near.json'], edit }
}

function refOf(i: number): object {
  const vault = { provider: 'vault', ...placeOf(i) }
  if (i % EVERY === 0) return { ...vault, resilience: { maxStale: '2m' } }
  if (i % EVERY === 1) return { provider: [vault, { provider: 'near', target: `key-${i}` }] }
  return vault
}

function agentOf(i: number, value: string, life: number): object {
  const hash = createHash('sha256').update(value).digest('hex')
  const delivery = i % EVERY === 2 ? { delivery: 'file' } : {}
  const code = String(i % 2)
  return {
    command: ['/bin/sh', '-c', SCRIPT, 'sh', `agent-${i}`, hash, String(life), code],
    restart: 'always',
    'tool-bindings': {
      t: {
        required: true,
        credentials: { c: { secretRef: `key-${i}`, envVar: 'KEY', ...delivery } },
      },
    },
  }
}

/** Looks at a gateway each second: its memory, its descriptors, and whoever descends from it. */
export class Watch {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  readonly #began = performance.now()
  readonly #samples: Sample[] = []
  /** Pid and start time. */
  readonly #seen = new Map<string, number>()

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#look(), 1000)
  }

  #look(): void {
    const rss = Number(/^VmRSS:\s+(\d+) kB/m.exec(procFile(this.#pid, 'status'))?.[1])
    if (Number.isNaN(rss)) return
    const fds = readdirSync(`/proc/${this.#pid}/fd`).length
    const below = descendantsOf(this.#pid)
    const watchers = below.filter(({ argv }) => argv.includes('secretref-watcher')).length
    const starting = below.some(
      ({ parent, argv }) => parent === this.#pid && argv.some(isValueProcess),
    )
    const own = starting ? {} : { own: fds - watchers }
    this.#samples.push({ at: performance.now() - this.#began, rss, fds, ...own })
    for (const { pid } of below) {
      const key = identityOf(pid)
      if (key !== undefined) this.#seen.set(key, pid)
    }
  }

  /** The most, until `ms` after the first look. */
  most(ms: number): Figures {
    return figuresOf(
      this.#samples.filter(({ at }) => at <= ms),
      (values) => Math.max(...values),
    )
  }

  /** As it was in the last ten looks, and in the last ten at which nothing was being started. */
  last(): Figures {
    const quiet = this.#samples.filter(({ own }) => own !== undefined)
    const { own } = figuresOf(quiet.slice(-10), median)
    return { ...figuresOf(this.#samples.slice(-10), median), own }
  }

  /** How many processes were seen below it. */
  get seen(): number {
    return this.#seen.size
  }

  /** Those that are still there, in words. */
  remaining(): string[] {
    return [...this.#seen]
      .filter(([key, pid]) => identityOf(pid) === key)
      .map(([, pid]) => `${pid}: ${procFile(pid, 'cmdline').replaceAll('\0', ' ').slice(0, 120)}`)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

interface Sample {
  at: number
  rss: number
  fds: number
  /** Descriptors without those of watchers, where nothing is being started. */
  own?: number
}

type Figures = Required<Omit<Sample, 'at'>>

function figuresOf(samples: readonly Sample[], of: (values: readonly number[]) => number): Figures {
  return {
    rss: of(samples.map(({ rss }) => rss)),
    fds: of(samples.map(({ fds }) => fds)),
    own: of(samples.flatMap(({ own = [] }) => own)),
  }
}

/** A program of ours in Node. */
function isValueProcess(word: string): boolean {
  return /\/(?:resolver|lease-keeper)(?:\.cjs|\/main\.ts)$/.test(word)
}

/** A pid alone may come to be another process's. */
function identityOf(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Fields 3 and 22 of proc(5).
  return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`
}
