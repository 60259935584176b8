/**
 * Whole-process tests: a world of its own for each test (home, state, config, secrets), the command line
 * run in it as a user would, and a look at its processes through /proc.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import type { AuditRecord } from '../../src/audit/record.ts'
import { homeOf, type Home } from '../../src/state/home.ts'
import { BUILT, isBuilt } from '../built.ts'
import { loudly } from '../values/loud.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

export const isLinux = process.platform === 'linux'
export const isRoot = process.geteuid?.() === 0

/** For what only Linux can show: elsewhere one loud line. */
export function describeOnLinux(what: string, body: () => void): void {
  if (!isLinux) loudly(what, 'needs /proc')
  describe.runIf(isLinux)(what, body)
}

/** The build where `npm test` has just made it; the sources where a file is newer than the build. */
export const CLI = isBuilt() ? BUILT : join(ROOT, 'src/cli/boot.cjs')

export interface World {
  /** Everything below is inside it; it is gone when the test is. */
  dir: string
  home: Home
  config: string
  secrets: string
  /** All of the environment that the command line gets, unless a test adds to it. */
  env: Record<string, string>
  writeConfig(config: object): void
  /** As the content of a 0600 file: an object becomes JSON. */
  writeSecrets(secrets: object | string | Buffer): void
  /** @returns the absolute path */
  write(name: string, content: string | Buffer, mode?: number): string
}

/** A folder of its own with HOME, SECRETREF_HOME, and what is given of config and secrets. */
export function makeWorld(given: { config?: object; secrets?: object } = {}): World {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-process-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const env = {
    HOME: join(dir, 'home'),
    SECRETREF_HOME: join(dir, 'state'),
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
  }
  mkdirSync(env.HOME, { mode: 0o700 })
  mkdirSync(env.SECRETREF_HOME, { mode: 0o700 })
  const home = homeOf(env)
  const world: World = {
    dir,
    home,
    config: join(dir, 'config.json'),
    secrets: home.secretsFiles[0],
    env,
    writeConfig: (config) =>
      writeFileSync(world.config, JSON.stringify(config, undefined, 2), { mode: 0o600 }),
    writeSecrets: (secrets) =>
      writeFileSync(
        world.secrets,
        typeof secrets === 'string' || Buffer.isBuffer(secrets) ? secrets : JSON.stringify(secrets),
        { mode: 0o600 },
      ),
    write: (name, content, mode = 0o600) => {
      const path = join(dir, name)
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(path, content, { mode })
      return path
    },
  }
  if (given.config !== undefined) world.writeConfig(given.config)
  if (given.secrets !== undefined) world.writeSecrets(given.secrets)
  return world
}

type Slot =
  | string
  | { secretRef: string; envVar?: string; delivery?: 'env' | 'file'; pathInEnvVar?: boolean }

/**
 * A config with one agent `a`, whose tool `t` needs every slot.
 *
 * @param slots refs, or whole slots
 * @param extra further fields of the agent
 * @param providers as in `secrets.providers`; left out: the file provider in its default place
 */
export function configOf(
  slots: readonly Slot[],
  extra: object = {},
  providers: Record<string, object> = { file: {} },
): object {
  const credentials = Object.fromEntries(
    slots.map((slot, i) => [`c${i}`, typeof slot === 'string' ? { secretRef: slot } : slot]),
  )
  return {
    secrets: { providers },
    agents: { a: { 'tool-bindings': { t: { required: true, credentials } }, ...extra } },
    openclaw: { gateway: { secrets: { 'active-provider': Object.keys(providers)[0] } } },
  }
}

export interface RunOptions {
  /** Added to the world's environment; `undefined` takes one away. */
  env?: Record<string, string | undefined>
  cwd?: string
  /** Left out: /dev/null. Bytes: all that comes. `pipe`: the test writes. */
  stdin?: Buffer | 'pipe'
  /** Started through these words, `strace -f …` for instance. */
  through?: readonly string[]
  /** Another copy of the command line. */
  cli?: string
  /** A hang is a failure of its own: killed then, and `ended` is rejected. */
  timeoutMs?: number
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: Buffer
  stderr: Buffer
  out: string
  err: string
}

export interface Running {
  child: ChildProcess
  pid: number
  ended: Promise<Ended>
  /** What it has said so far. */
  soFar(): { out: string; err: string }
  /** Resolves as soon as stdout matches. */
  says(pattern: RegExp): Promise<void>
}

/** Starts `secretref <args>` in this world; whatever is left of it is killed when the test is over. */
export function start(world: World, args: readonly string[], options: RunOptions = {}): Running {
  const { timeoutMs = 20_000, stdin, through = [], cli = CLI } = options
  const env = { ...world.env, ...options.env }
  const [program = '', ...words] = [...through, process.execPath, cli, ...args]
  const child = spawn(program, words, {
    cwd: options.cwd ?? world.dir,
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const chunks = { out: [] as Buffer[], err: [] as Buffer[] }
  const watchers = new Set<() => void>()
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.out.push(chunk)
    for (const look of watchers) look()
  })
  child.stderr?.on('data', (chunk: Buffer) => chunks.err.push(chunk))
  child.stdin?.on('error', () => {})
  if (stdin !== undefined && stdin !== 'pipe') child.stdin?.end(stdin)
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    // The world goes next, and a process that is still ending must not write into it.
    await gone
  })
  const soFar = (): { out: string; err: string } => ({
    out: Buffer.concat(chunks.out).toString(),
    err: Buffer.concat(chunks.err).toString(),
  })
  const ended = new Promise<Ended>((fulfil, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      const { out, err } = soFar()
      reject(new Error(`${args.join(' ')}: still there after ${timeoutMs} ms\n${out}\n${err}`))
    }, timeoutMs)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const stdout = Buffer.concat(chunks.out)
      const stderr = Buffer.concat(chunks.err)
      fulfil({ code, signal, stdout, stderr, out: stdout.toString(), err: stderr.toString() })
    })
  })
  // Whoever does not wait for the end is not told of it.
  ended.catch(() => {})
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    soFar,
    says: (pattern) =>
      new Promise((fulfil, reject) => {
        const look = (): void => {
          if (!pattern.test(soFar().out)) return
          watchers.delete(look)
          fulfil()
        }
        watchers.add(look)
        look()
        ended.then(
          ({ out, err }) => reject(new Error(`ended without saying ${pattern}\n${out}\n${err}`)),
          reject,
        )
      }),
  }
}

export function run(
  world: World,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return start(world, args, options).ended
}

/** `secretref run` of agent `a` in this world. */
export function runAgent(
  world: World,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return run(world, ['run', '--config', world.config, '--agent', 'a', '--', ...command], options)
}

/** Prints the environment that it was started with, byte by byte. For `environment`. */
export const PRINT_ENVIRONMENT = ['/bin/cat', '/proc/self/environ'] as const

/** What `PRINT_ENVIRONMENT` printed, by name. */
export function environment(stdout: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (let from = 0; from < stdout.length;) {
    const end = stdout.indexOf(0, from)
    if (end === -1) throw new Error('an environment ends with a NUL')
    const equals = stdout.indexOf('=', from)
    found.set(stdout.toString('latin1', from, equals), stdout.subarray(equals + 1, end))
    from = end + 1
  }
  return found
}

/** Every record in the world's audit log; none where there is no log. */
export function recordsOf(world: World): AuditRecord[] {
  if (!existsSync(world.home.auditLog)) return []
  // What stands behind the last newline, a writer is still at.
  const lines = readFileSync(world.home.auditLog, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => {
    const record: AuditRecord = JSON.parse(line)
    return record
  })
}

export function eventsOf(world: World): string[] {
  return recordsOf(world).map(({ event }) => event)
}

/** Asks again every few milliseconds, until there is an answer. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false,
  timeoutMs = 10_000,
): Promise<T> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const answer = ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await new Promise((fulfil) => setTimeout(fulfil, 5))
  }
}

/** True while the process is there and no zombie. */
export function isAlive(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(procFile(pid, 'status'))?.[1]
  return state !== undefined && state !== 'Z'
}

/** A process of /proc with its words. */
export interface Process {
  pid: number
  parent: number
  argv: string[]
}

/** Everything below `root`, whoever is its parent in between. */
export function descendantsOf(root: number): Process[] {
  const all = processes()
  const found: Process[] = []
  const queue = [root]
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    for (const process of all) {
      if (process.parent !== pid) continue
      found.push(process)
      queue.push(process.pid)
    }
  }
  return found
}

export function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    const parent = /^PPid:\s+(\d+)/m.exec(procFile(pid, 'status'))?.[1]
    if (parent === undefined) return []
    return [{ pid, parent: Number(parent), argv: procFile(pid, 'cmdline').split('\0') }]
  })
}

/** The resolver that this gateway has started. */
export function resolverOf(gateway: number): Process | undefined {
  return descendantsOf(gateway).find(({ argv }) =>
    argv.some((word) => /\/resolver(?:\.cjs|\/main\.ts)$/.test(word)),
  )
}

/** The watcher that this gateway has started. */
export function watcherOf(gateway: number): Process | undefined {
  return descendantsOf(gateway).find(({ argv }) => argv.includes('secretref-watcher'))
}

/** Empty where the process has gone. */
export function procFile(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
