/** What the machine and the shell bring along. Looks, and changes nothing. */
import { accessSync, constants, readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { readSurroundings } from '../../gateway/surroundings.ts'
import type { Io } from '../io.ts'
import { attention, bad, good, isolated, none, type Finding } from './finding.ts'

const isLinux = process.platform === 'linux'

export async function checkMachine(io: Io): Promise<Finding[]> {
  const linux: [string, () => Finding][] = [
    ['proc', checkProc],
    ['core dumps', checkCoreDumps],
    ['tracing', checkTracing],
    ['open files', () => checkOpenFiles(io)],
  ]
  const checks: [string, () => Finding | Finding[]][] = [
    ['node', () => good('node', process.versions.node)],
    ['platform', checkPlatform],
    ['shell', checkShell],
    ...(isLinux ? linux : []),
    ['foreign code', () => checkCode(io)],
    ['terminal', () => checkTerminal(io)],
  ]
  const findings = checks.map(([check, look]) => isolated(check, () => [look()].flat()))
  return (await Promise.all(findings)).flat()
}

function checkPlatform(): Finding {
  const { platform, arch } = process
  if (platform === 'darwin') return good('platform', `macOS ${arch}`)
  if (!isLinux) {
    return attention('platform', `${platform} is not proven`, 'use Linux, or WSL on Windows')
  }
  // What this very process was loaded with; the distribution may have both.
  if (read('/proc/self/maps').includes('/ld-musl-')) {
    return attention('platform', `Linux ${arch} with musl is not proven`, 'use a glibc Linux')
  }
  if (arch !== 'x64' && arch !== 'arm64') {
    return attention('platform', `Linux on ${arch} is not proven`, 'use x64 or arm64')
  }
  return good('platform', `Linux ${arch}`)
}

/** By absolute path, as the launcher takes it. */
function checkShell(): Finding {
  return can('/bin/sh', constants.X_OK)
    ? good('shell', '/bin/sh')
    : bad('shell', 'there is no /bin/sh, and it starts every agent', 'install a POSIX shell there')
}

function checkProc(): Finding {
  return can('/proc/self/environ', constants.R_OK)
    ? good('proc', '/proc is there')
    : bad(
        'proc',
        '/proc cannot be read, and inherited variables come from it',
        'mount it: mount -t proc proc /proc',
      )
}

/** Value processes write 0 to the filter (core(5)); nothing is written here. */
function checkCoreDumps(): Finding {
  const check = 'core dumps'
  if (!can('/proc/self/coredump_filter', constants.W_OK)) {
    return bad(
      check,
      '/proc/self/coredump_filter cannot be written, so no value process starts',
      'mount /proc writable, and build the kernel with CONFIG_ELF_CORE',
    )
  }
  const pattern = read('/proc/sys/kernel/core_pattern').trim()
  if (!pattern.startsWith('|')) return good(check, 'no memory of a value process goes into one')
  const [program = ''] = pattern.slice(1).trim().split(' ')
  return attention(
    check,
    `a crash is handed to ${program}: no memory of a value process, but all of an agent's`,
    'where that is too much: ulimit -c 0 for the agents, or another kernel.core_pattern',
  )
}

function checkTracing(): Finding {
  const check = 'tracing'
  const scope = read('/proc/sys/kernel/yama/ptrace_scope').trim()
  if (/^[123]$/.test(scope)) return good(check, `restricted (ptrace_scope ${scope})`)
  return attention(
    check,
    'every process of this user can read the memory of the others, values included',
    scope === '0'
      ? 'sysctl -w kernel.yama.ptrace_scope=1; agents under users of their own are safer still'
      : 'this kernel has no Yama: start agents that must not see each other as different users',
  )
}

/** An agent takes about a dozen: pipes, the log, the state. */
const FEW_FILES = 256

function checkOpenFiles({ env }: Io): Finding {
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(read('/proc/self/limits'))?.[1]
  const soft = readSurroundings(env).openFiles
  if (hard !== undefined && Number(hard) < FEW_FILES) {
    return attention(
      'open files',
      `at most ${hard} may be open, which is few for several agents`,
      'raise it for the gateway: ulimit -Hn, or LimitNOFILE= in its unit',
    )
  }
  return good('open files', `an agent gets the limit of its caller${soft ? `, ${soft}` : ''}`)
}

/** Variables by which code of somebody else runs inside the gateway. Their content is not shown. */
function checkCode({ env }: Io): Finding[] {
  return ['NODE_OPTIONS', 'LD_PRELOAD', 'LD_AUDIT']
    .filter((name) => env[name])
    .map((name) =>
      attention(
        'foreign code',
        `${name} is set: what it names runs inside the gateway, and never in a value process`,
        `start without it: env -u ${name} …`,
      ),
    )
}

function checkTerminal({ signs }: Io): Finding {
  const where = isatty(2) ? 'a terminal' : 'no terminal'
  return signs
    ? good('terminal', `${where}, signs are shown`)
    : none(
        'terminal',
        `${where}, words instead of signs: NO_COLOR, TERM=dumb, or a locale that is not UTF-8`,
      )
}

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** Empty where it is not there. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
