/**
 * Where the control sockets of the gateways of one config lie: one for each process. A name carries the
 * pid and its namespace (namespaces(7)): containers that share a home do not see each other's pids, and
 * may each have a process of the same one.
 */
import { hash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { errnoOf, SecretRefError } from '../../errors.ts'
import type { Home } from '../../state/home.ts'
import { pidNamespace } from '../surroundings.ts'

export interface SocketPlace {
  path: string
  /** Pid and namespace: of all processes only this one's. */
  id: string
  pid: number
  /** True where `pid` is a pid that we see; else it belongs to another container. */
  ours: boolean
}

/** `sun_path` of unix(7) holds 108 bytes with the zero at its end. */
const PATH_BYTES = 107
/** What answers neither yes nor no in this time is left alone. */
const PROBE_MS = 1000

/** @throws FILE_INSECURE where others can reach the folder; STATE_UNAVAILABLE where the path is too long */
export async function makeSocketPath(home: Home, config: string): Promise<string> {
  const path = join(home.run, `${prefixOf(config)}${process.pid}-${pidNamespace()}.sock`)
  const length = Buffer.byteLength(path)
  if (length > PATH_BYTES) {
    throw new SecretRefError(
      'STATE_UNAVAILABLE',
      `the path of the control socket has ${length} bytes, and a socket may have ${PATH_BYTES}`,
      { hint: 'set SECRETREF_HOME to a shorter path; SIGHUP reloads this gateway all the same' },
    )
  }
  mkdirSync(home.run, { recursive: true, mode: 0o700 })
  const stats = lstatSync(home.run)
  if (!stats.isDirectory() || stats.uid !== process.geteuid?.() || (stats.mode & 0o077) !== 0) {
    throw new SecretRefError('FILE_INSECURE', `others can reach the folder ${home.run}`, {
      hint: `chmod 700 ${home.run}`,
    })
  }
  await Promise.all(socketsOf(home, config).map(removeIfDead))
  return path
}

/** Those of dead gateways included. */
export function socketsOf(home: Home, config: string): SocketPlace[] {
  const prefix = prefixOf(config)
  let names: string[]
  try {
    names = readdirSync(home.run)
  } catch {
    // No gateway has run here yet.
    return []
  }
  return names.flatMap((name) => {
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    const [, pid, namespace] = /^(\d{1,10})-(\d{1,20})\.sock$/.exec(rest) ?? []
    if (pid === undefined) return []
    const ours = namespace === pidNamespace()
    return [{ path: join(home.run, name), id: `${pid}-${namespace}`, pid: Number(pid), ours }]
  })
}

/**
 * Whoever listens lives, wherever it is; a pid says that of our own namespace alone. A socket has its name
 * only from when it listens (`listen`), so that one which refuses is nobody's.
 */
async function removeIfDead({ path }: SocketPlace): Promise<void> {
  if ((await probe(path)) === 'refuses') rmSync(path, { force: true })
}

/** @returns the `id` of each that listens, in whichever container */
export async function gatewaysThatListen(home: Home, config: string): Promise<ReadonlySet<string>> {
  const found = socketsOf(home, config).map(async ({ path, id }) => {
    return (await probe(path)) === 'listens' ? [id] : []
  })
  return new Set((await Promise.all(found)).flat())
}

/** One that hangs does neither. */
function probe(path: string): Promise<'listens' | 'refuses' | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const answer = (found: 'listens' | 'refuses' | undefined): void => {
      socket.destroy()
      resolve(found)
    }
    socket.setTimeout(PROBE_MS, () => answer(undefined))
    socket.on('connect', () => answer('listens'))
    socket.on('error', (error) => {
      answer(errnoOf(error) === 'ECONNREFUSED' ? 'refuses' : undefined)
    })
  })
}

function prefixOf(config: string): string {
  return `gateway-${hash('sha256', config, 'hex').slice(0, 12)}-`
}
