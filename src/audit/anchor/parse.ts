/** What an entry of `anchors` in the audit settings may be. */
import { realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { didYouMean } from '../../config/suggest.ts'
import { errnoOf } from '../../errors.ts'
import type { Home } from '../../state/home.ts'
import { fieldsOf, type Mistake } from '../settings-fields.ts'

/** Where a checkpoint is taken, outside of the log's own folder. */
export type Anchor =
  /** Appended to a file, by absolute path. */
  | { type: 'file'; path: string }
  /** The local system log, or a syslog server. */
  | { type: 'syslog'; address?: SyslogAddress }
  | { type: 'journald' }
  /** Given to a program on its stdin; the program by absolute path. */
  | { type: 'command'; command: readonly [string, ...string[]] }

export interface SyslogAddress {
  transport: 'udp' | 'tcp'
  /** A name, or an IP address without brackets. */
  host: string
  port: number
}

const FIELDS: Readonly<Record<Anchor['type'], readonly string[]>> = {
  file: ['type', 'path'],
  syslog: ['type', 'address'],
  journald: ['type'],
  command: ['type', 'command'],
}
const TYPES = Object.keys(FIELDS)
const ADDRESS =
  /^(udp|tcp):\/\/(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})?)):(\d{1,5})$/
// oxlint-disable-next-line no-control-regex -- NUL is what must not be in it
const WORD = /^[^\u0000]*$/

/** @param key its place, `anchors[0]` */
export function parseAnchor(value: unknown, key: string, home: Home, mistake: Mistake): Anchor {
  const type = typeOf(value)
  if (type === undefined) {
    const given = typeof value === 'object' && value !== null && 'type' in value && value.type
    throw mistake(
      `${key}.type`,
      `is none of ${TYPES.join(', ')}`,
      (typeof given === 'string' && didYouMean(given, TYPES)) ||
        'write {"type": "file", "path": "/mnt/other/checkpoints"} or another type',
    )
  }
  const fields = fieldsOf(value, key, FIELDS[type], mistake)
  if (type === 'file')
    return { type, path: parsePath(fields['path'], `${key}.path`, home, mistake) }
  if (type === 'command') {
    return { type, command: parseCommand(fields['command'], `${key}.command`, mistake) }
  }
  if (type === 'journald' || fields['address'] === undefined) return { type }
  return { type, address: parseAddress(fields['address'], `${key}.address`, mistake) }
}

function typeOf(value: unknown): Anchor['type'] | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  switch (value.type) {
    case 'file':
    case 'syslog':
    case 'journald':
    case 'command':
      return value.type
    default:
      return undefined
  }
}

function parsePath(value: unknown, key: string, home: Home, mistake: Mistake): string {
  if (typeof value !== 'string' || !isAbsolute(value) || !WORD.test(value)) {
    throw mistake(key, 'is not an absolute path', 'write a path that begins with /')
  }
  const path = resolve(value)
  if ([home.dir, realPathOf(home.dir)].some((dir) => lies(path, dir))) {
    throw mistake(
      key,
      'lies in the folder of the log itself',
      'choose a place that whoever can change the log cannot: another disk, another user, another machine',
    )
  }
  return path
}

/**
 * Of the home's own disk. The anchor's may hang: where its path really leads, the process finds out that
 * publishes to it.
 */
function realPathOf(dir: string): string {
  try {
    return realpathSync(dir)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return dir
    throw error
  }
}

function lies(path: string, dir: string): boolean {
  const way = relative(dir, path)
  return way !== '..' && !way.startsWith('../')
}

function parseAddress(value: unknown, key: string, mistake: Mistake): SyslogAddress {
  const [, transport, ip, name, digits] = (typeof value === 'string' && ADDRESS.exec(value)) || []
  const host = ip ?? name
  const port = Number(digits)
  if (
    (transport !== 'udp' && transport !== 'tcp') ||
    host === undefined ||
    !(port > 0 && port < 65_536)
  ) {
    throw mistake(
      key,
      'is no address of a syslog server',
      'write udp://HOST:514 or tcp://HOST:601, or leave it out for the system log of this machine',
    )
  }
  return { transport, host, port }
}

function parseCommand(
  value: unknown,
  key: string,
  mistake: Mistake,
): readonly [string, ...string[]] {
  const hint = 'write ["/usr/local/bin/program", "argument"]; no shell reads it'
  if (
    !Array.isArray(value) ||
    !value.every((word) => typeof word === 'string' && WORD.test(word))
  ) {
    throw mistake(key, 'is not a list of words', hint)
  }
  const [program, ...words]: string[] = value
  if (program === undefined || !isAbsolute(program)) {
    throw mistake(key, 'does not begin with the absolute path of a program', hint)
  }
  return [program, ...words]
}
