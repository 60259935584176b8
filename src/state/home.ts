/** Where SecretRef keeps its own files. Pure: it makes nothing and looks at nothing. */
import { userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

export interface Home {
  /** `$SECRETREF_HOME`, else `$XDG_STATE_HOME/secretref`, else `~/.local/state/secretref`. */
  dir: string
  auditLog: string
  /** The small SQLite file that lets one writer at a time append, and keeps the acknowledged head. */
  auditLock: string
  /** The newest signed checkpoint, a C2SP signed note. */
  checkpoint: string
  /** Every signed checkpoint of this log, one note after the other. */
  checkpoints: string
  /** Anchors, checkpoint and segment bounds; only ever read from here, never from a project. */
  auditSettings: string
  stateDb: string
  /** What is durable of rotations; there once one was begun. */
  rotations: string
  /** Its time says when a value was last replaced: those who tend runs look again. */
  rotated: string
  /** Sockets and private files of running agents, 0700. */
  run: string
  /** Signs of life of our processes, and what each run holds, 0700. */
  live: string
  /** 0700, each key 0600. */
  keys: string
  fingerprintKey: string
  /** Ed25519, signs the checkpoints. */
  checkpointKey: string
  trust: string
  /** Where the store provider looks when its config names neither: an age file, and its key. */
  store: { path: string; identity: string }
  /** Leases of runs, one file each, and the key that they are sealed to. */
  leases: string
  leaseKey: string
  /** Last good values for an outage, each sealed to the store's key. */
  stale: string
  /** Where the file provider looks when its config names no path; the first that exists, alone. */
  secretsFiles: readonly [string, string]
}

type Environment = Readonly<Record<string, string | undefined>>

export function homeOf(env: Environment): Home {
  const dir = env['SECRETREF_HOME']
    ? resolve(env['SECRETREF_HOME'])
    : join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'secretref')
  const keys = join(dir, 'keys')
  return {
    dir,
    auditLog: join(dir, 'audit.log'),
    auditLock: join(dir, 'audit.lock'),
    checkpoint: join(dir, 'audit.checkpoint'),
    checkpoints: join(dir, 'audit.checkpoints'),
    auditSettings: join(dir, 'audit.json'),
    stateDb: join(dir, 'state.db'),
    rotations: join(dir, 'rotations.db'),
    rotated: join(dir, 'rotated'),
    run: join(dir, 'run'),
    live: join(dir, 'live'),
    keys,
    fingerprintKey: join(keys, 'fingerprint.key'),
    checkpointKey: join(keys, 'checkpoint.key'),
    trust: join(dir, 'trust.json'),
    store: { path: join(dir, 'store.age'), identity: join(keys, 'store.key') },
    leases: join(dir, 'leases'),
    leaseKey: join(keys, 'lease.key'),
    stale: join(dir, 'stale'),
    secretsFiles: [
      join(dir, 'secrets.json'),
      join(userHome(env), '.openclaw', 'secrets', 'secrets.json'),
    ],
  }
}

/** The user's own config file, used when the current folder has none. */
export function userConfig(env: Environment): string {
  return join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'secretref', 'config.json')
}

/** `$HOME`, else what the system knows: `os.homedir()` would take an empty `$HOME` for the current folder. */
export function userHome(env: Environment): string {
  return env['HOME'] || userInfo().homedir
}

/** XDG base directory specification: a relative path in one of its variables is to be ignored. */
function xdg(env: Environment, name: string, fallback: string): string {
  const value = env[name]
  return value && isAbsolute(value) ? value : join(userHome(env), fallback)
}
