/** The files and folders that a config names, and those of SecretRef itself: by name, none is opened. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  agentsOf,
  chainEntries,
  gatewaySecretsOf,
  namedProviders,
  placedRefs,
  providersOf,
} from '../../config/accessors.ts'
import type { ChainEntry, Config } from '../../config/types.ts'
import { absolute, type Folders } from '../../plan/locate.ts'
import type { Home } from '../../state/home.ts'
import { resolveOptions } from '../options.ts'
import { statsOf, type Named } from './paths.ts'

/** No folder of secrets has more than an audit needs to look at. */
const MAX_FILES = 10_000

/** Nobody else may reach it. */
function own(path: string, what: string): Named {
  return { path, what, rule: 'private', orRoot: false }
}

export function homeFiles(home: Home): Named[] {
  return [
    own(home.dir, "SecretRef's folder"),
    own(home.keys, 'the folder of keys'),
    own(home.fingerprintKey, 'the key'),
    own(home.checkpointKey, 'the key'),
    own(home.auditLog, 'the audit log'),
    own(home.auditLock, 'the lock of the audit log'),
    own(home.stateDb, 'the state'),
    // Everybody may know what is trusted; nobody else may say it.
    { ...own(home.trust, 'the record of trusted configs'), rule: 'unwritable' },
  ]
}

export function configFile(path: string): Named {
  return { path, what: 'the config', rule: 'unwritable', orRoot: true }
}

/** Each file provider's own file or folder; where none is named, the first default that exists. */
export function providerFiles(
  config: Config,
  dir: string,
  home: Home,
  env: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const files = new Map<string, string>()
  const table = providersOf(config)
  for (const name of namedProviders(config)) {
    const provider = table.get(name)
    if (provider?.type !== 'file') continue
    const { path } = resolveOptions(provider, dir, home, env)
    const standard = home.secretsFiles.find(exists) ?? home.secretsFiles[0]
    files.set(name, typeof path === 'string' ? path : standard)
  }
  return files
}

/**
 * Files that hold values: nobody else may reach them.
 * @param providers as `providerFiles` says
 */
export function secretsFiles(
  config: Config,
  folders: Folders,
  providers: ReadonlyMap<string, string>,
): Named[] {
  const paths = new Set([...providers.values()].flatMap(filesAt))
  const add = (entry: ChainEntry, path?: string): void => {
    const [provider, at] = typeof entry === 'string' ? [entry, path] : [entry.provider, entry.path]
    if (providers.has(provider) && at !== undefined) paths.add(absolute(at, folders))
  }
  for (const { entry } of placedRefs(config)) {
    for (const step of chainEntries(entry.provider)) add(step, entry.path)
  }
  for (const entry of chainEntries(gatewaySecretsOf(config).fallback ?? [])) add(entry)
  return [...paths].map((path) => own(path, 'the secrets file'))
}

/** Programs of exec providers, and what agents run: whoever can change one has its credentials. */
export function programs(config: Config, folders: Folders): Named[] {
  const paths = new Set<string>()
  const table = providersOf(config)
  for (const name of namedProviders(config)) {
    const provider = table.get(name)
    const command = provider?.type === 'exec' ? provider.options['command'] : undefined
    if (typeof command === 'string') paths.add(absolute(command, folders))
  }
  for (const { command = [], cwd } of agentsOf(config).values()) {
    const configDir = cwd === undefined ? folders.configDir : absolute(cwd, folders)
    for (const [i, word] of command.entries()) {
      // A program without a slash is looked for on PATH, which is not the config's to name.
      if (i === 0 && !word.includes('/')) continue
      const path = absolute(word, { ...folders, configDir })
      // A word may be a whole script: too long for a path, or a way through what is no folder.
      if (statsOf(path)?.isFile() === true) paths.add(path)
    }
  }
  return [...paths].map((path) => ({ path, what: 'the program', rule: 'unwritable', orRoot: true }))
}

function exists(path: string): boolean {
  return statsOf(path) !== undefined
}

/** A folder of secrets stands for the files in it. */
function filesAt(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => !name.startsWith('.'))
      .slice(0, MAX_FILES)
      .map((name) => join(path, name))
  } catch {
    // A file, or nothing, or not to be looked at: told about as a file.
    return [path]
  }
}
