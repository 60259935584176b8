/** Where the control sockets of the gateways of one config lie: one for each process. */
import { hash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SecretRefError } from '../../errors.ts'
import type { Home } from '../../state/home.ts'
import { stillRuns } from '../surroundings.ts'

/** `sun_path` of unix(7) holds 108 bytes with the zero at its end. */
const PATH_BYTES = 107

/** @throws FILE_INSECURE where others can reach the folder; STATE_UNAVAILABLE where the path is too long */
export function makeSocketPath(home: Home, config: string): string {
  const path = join(home.run, `${prefixOf(config)}${process.pid}.sock`)
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
  for (const { path: other, pid } of socketsOf(home, config)) {
    // Ours as well: the process that had our pid before us is gone.
    if (pid === process.pid || !stillRuns(pid, undefined)) rmSync(other, { force: true })
  }
  return path
}

/** Those of dead gateways included. */
export function socketsOf(home: Home, config: string): { path: string; pid: number }[] {
  const prefix = prefixOf(config)
  let names: string[]
  try {
    names = readdirSync(home.run)
  } catch {
    // No gateway has run here yet.
    return []
  }
  return names.flatMap((name) => {
    const pid = /^(\d{1,10})\.sock$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '')
    return pid ? [{ path: join(home.run, name), pid: Number(pid[1]) }] : []
  })
}

function prefixOf(config: string): string {
  return `gateway-${hash('sha256', config, 'hex').slice(0, 12)}-`
}
