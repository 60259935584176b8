/**
 * The demo's private folder: nothing of the user's own is read or written. It holds a copy of the
 * config, made-up keys that open the stand-ins alone, and SecretRef's own files of this run.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, delimiter, join } from 'node:path'

export const EXAMPLES = join(import.meta.dirname, '..', '..')
export const ROOT = join(EXAMPLES, '..')

export interface Stage {
  dir: string
  /** SecretRef's own files: audit log, state, the secrets file. */
  home: string
  config: string
  secrets: string
  /** What the command line is started with, and nothing else. */
  env: Record<string, string>
  remove(): void
}

/** @param config the example's config; it is copied, since a checkout may have any mode */
export function makeStage(config: string): Stage {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-demo-'))
  const home = join(dir, 'secretref')
  mkdirSync(home, { mode: 0o700 })
  const stage: Stage = {
    dir,
    home,
    config: join(dir, 'secretref.json'),
    secrets: join(home, 'secrets.json'),
    env: {
      ...passed(['LANG', 'LC_ALL', 'LC_CTYPE', 'TERM', 'TMPDIR', 'TZ', 'NO_COLOR', 'USER']),
      PATH: [
        join(ROOT, 'bin'),
        join(ROOT, 'node_modules', '.bin'),
        process.env['PATH'] ?? '/usr/bin:/bin',
      ].join(delimiter),
      HOME: dir,
      SECRETREF_HOME: home,
      SECRETREF_CONFIG: join(dir, 'secretref.json'),
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
  writeFileSync(stage.config, withFolder(config), { mode: 0o600 })
  return stage
}

/** Alerts go to a stand-in in Slack's place: the config's own setting for a test server. */
export function sendAlertsTo({ config }: Stage, baseUrl: string): void {
  const written: object = JSON.parse(readFileSync(config, 'utf8'))
  const targets = { 'slack-bot-token': { baseUrl } }
  writeFileSync(config, JSON.stringify({ ...written, targets }, undefined, 2), { mode: 0o600 })
}

export interface StoredSecret {
  value: string
  provider: 'openclaw'
  createdAt: string
  expiresAt: string
}

/** Writes secrets.json as the article has it, for its owner alone. */
export function writeSecrets(
  { secrets }: Stage,
  entries: Readonly<Record<string, StoredSecret>>,
): void {
  writeFileSync(secrets, `${JSON.stringify(entries, undefined, 2)}\n`, { mode: 0o600 })
}

/** A value that nothing but a stand-in accepts, in a form that says so. */
export function fakeKey(prefix: string): string {
  return `${prefix}fake${randomBytes(12).toString('hex')}`
}

/** The time of day that the article's dates have, so many days from now. */
export function inDays(now: Date, days: number): string {
  const date = new Date(now.getTime() + days * 86_400_000)
  return `${date.toISOString().slice(0, 10)}T04:12:00Z`
}

function passed(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** The config's text, with its own folder as each agent's: a command runs in the folder of its config. */
function withFolder(path: string): string {
  const config: { agents: Record<string, object> } = JSON.parse(readFileSync(path, 'utf8'))
  for (const agent of Object.values(config.agents)) Object.assign(agent, { cwd: dirname(path) })
  return JSON.stringify(config, undefined, 2)
}
