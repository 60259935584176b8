/** The shape of a checked config. Types only: importing this loads nothing. */
import type { z } from 'zod'
import type { configSchema } from './schema.ts'

export type Config = z.infer<typeof configSchema>
export type Agent = NonNullable<Config['agents']>[string]
export type RefEntry = NonNullable<NonNullable<Config['environments']>[string]['secrets']>[string]
export type ToolBinding = NonNullable<Agent['tool-bindings']>[string]
export type Credential = ToolBinding['credentials'][string]
export type Alerts = NonNullable<Config['alerts']>
export type ChainEntry = Exclude<RefEntry['provider'], string>[number]

/** One provider as a config names it: its type is settled, its options are checked. */
export interface ProviderConfig {
  type: string
  options: Readonly<Record<string, unknown>>
}

/** A config that was found, read and checked. Before anything runs by it: `requireTrust`. */
export interface LoadedConfig {
  config: Config
  /**
   * Absolute. Of a config that was named: the file's, every link followed. Of one that was found: the
   * place it was found at, links of its folder followed, and trust is given to that place.
   */
  path: string
  /** Its folder: relative paths in the config start here. */
  dir: string
  /** SHA-256 of the file's bytes, hex. */
  hash: string
  /** User id of the file's owner. */
  owner: number
  /** True where the file was merely found in the current folder. */
  found: boolean
  warnings: readonly Problem[]
}

/** One mistake, with its place. The text never quotes a string from the config that is not a key. */
export interface Problem {
  code: 'CONFIG_INVALID' | 'HARDCODED_CREDENTIAL' | 'DEPRECATED' | 'EXPIRED'
  severity: 'error' | 'warning'
  /** Where in the document: `agents.payment-analyst.command[0]`. */
  at: readonly (string | number)[]
  message: string
  hint?: string
  line?: number
  column?: number
}
