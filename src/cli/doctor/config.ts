/** The config that commands would use here, and the secrets files that it names. */
import { lstatSync } from 'node:fs'
import {
  chainEntries,
  gatewaySecretsOf,
  namedProviders,
  placedRefs,
  providersOf,
} from '../../config/accessors.ts'
import { loadConfig } from '../../config/load.ts'
import type { Source } from '../../config/locate.ts'
import { requireTrust } from '../../config/trust.ts'
import type { ChainEntry, LoadedConfig } from '../../config/types.ts'
import { errnoOf, SecretRefError } from '../../errors.ts'
import { resolveOptions } from '../../gateway/options.ts'
import { absolute } from '../../plan/locate.ts'
import { userHome } from '../../state/home.ts'
import type { Io } from '../io.ts'
import { sourceOf } from '../open.ts'
import { attention, badBy, good, isolated, type Finding } from './finding.ts'
import { checkKept } from './kept.ts'
import { checkSecretsFiles } from './secrets.ts'

const CHECK = 'config'

export async function checkConfigAndSecrets(io: Io): Promise<Finding[]> {
  let loaded: LoadedConfig | undefined
  const config = await isolated(CHECK, async () => {
    const checked = await checkConfig(io)
    loaded = checked.loaded
    return [checked.finding]
  })
  const secrets = await isolated('secrets', () => {
    const paths = loaded === undefined ? [defaultFile(io)] : secretsFilesOf(io, loaded)
    return checkSecretsFiles(io.program, [...new Set(paths)])
  })
  const kept = await isolated('outages', () => (loaded === undefined ? [] : checkKept(io, loaded)))
  return [...config, ...secrets, ...kept]
}

async function checkConfig(io: Io): Promise<{ finding: Finding; loaded?: LoadedConfig }> {
  let source: Source
  try {
    source = sourceOf(io)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    const missing = { ...badBy(CHECK, error) }
    // None at all is where everybody begins; one that is named and missing is a mistake.
    const first = error.code === 'CONFIG_NOT_FOUND' && !io.env['SECRETREF_CONFIG']
    return { finding: first ? { ...missing, sign: 'attention' } : missing }
  }
  try {
    const loaded = await loadConfig(source, { now: io.now() })
    return { finding: judge(io, loaded), loaded }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    return { finding: badBy(CHECK, error) }
  }
}

function judge(io: Io, loaded: LoadedConfig): Finding {
  try {
    requireTrust(loaded, io.home)
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    const finding = badBy(CHECK, error)
    // As it should be for what came with a cloned repository.
    return error.code === 'CONFIG_UNTRUSTED' ? { ...finding, sign: 'attention' } : finding
  }
  const count = loaded.warnings.length
  if (count === 0) return good(CHECK, loaded.path)
  return attention(
    CHECK,
    `${loaded.path} has ${count === 1 ? 'a warning' : `${count} warnings`}`,
    `\`${io.program} config check\` shows it`,
  )
}

/** Every file in which a file provider of this config would look, in all of its environments. */
function secretsFilesOf(io: Io, { config, dir }: LoadedConfig): string[] {
  const providers = providersOf(config)
  const isFile = (name: string): boolean => providers.get(name)?.type === 'file'
  const folders = { configDir: dir, userHome: userHome(io.env) }
  const paths: string[] = []
  for (const name of namedProviders(config)) {
    const provider = providers.get(name)
    if (provider?.type !== 'file') continue
    const { path } = resolveOptions(provider, dir, io.home, io.env)
    paths.push(typeof path === 'string' ? path : defaultFile(io))
  }
  const add = (entry: ChainEntry): void => {
    if (typeof entry !== 'string' && isFile(entry.provider) && entry.path !== undefined) {
      paths.push(absolute(entry.path, folders))
    }
  }
  for (const { entry } of placedRefs(config)) {
    const { provider, path } = entry
    if (typeof provider === 'string') add({ provider, path })
    else for (const step of provider) add(step)
  }
  for (const entry of chainEntries(gatewaySecretsOf(config).fallback ?? [])) add(entry)
  return paths
}

/** The first that exists, alone. */
function defaultFile({ home }: Io): string {
  return home.secretsFiles.find(exists) ?? home.secretsFiles[0]
}

/** What cannot be looked at is told about as a file. */
function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    return errnoOf(error) !== 'ENOENT'
  }
}
