/** Looks at the config of a running gateway, and has it reloaded when that has changed and settled. */
import { statSync } from 'node:fs'
import { errnoOf, type Code } from '../errors.ts'
import type { Reloader } from './reloader.ts'

/** What changes between two looks is still being written. */
const LOOK_MS = 2000
/** What was refused for a reason outside the config is tried again after so many looks: a minute. */
const LOOKS_BETWEEN = 30
/** Only another content helps, or trust in it; both are seen. */
const OF_CONTENT = new Set<Code>(['CONFIG_INVALID', 'HARDCODED_CREDENTIAL', 'CONFIG_UNTRUSTED'])

export class ConfigWatch {
  readonly #reloader: Reloader
  /** What has been dealt with. */
  #taken: string
  #before: string
  #looks = 0

  constructor(reloader: Reloader) {
    this.#reloader = reloader
    this.#taken = this.#stamp()
    this.#before = this.#taken
  }

  /** Until the process ends; it keeps no process alive. */
  begin(): void {
    setInterval(() => void this.look(), LOOK_MS).unref()
  }

  /** @returns when what it has seen has been dealt with */
  async look(): Promise<void> {
    const now = this.#stamp()
    const settled = now === this.#before
    this.#before = now
    this.#looks += 1
    if (!settled || (now === this.#taken && !this.#isDueAgain())) return
    // Of before the config is read: what changes meanwhile is seen by the next looks.
    this.#taken = now
    this.#looks = 0
    await this.#reloader.reload('watched')
  }

  #isDueAgain(): boolean {
    const code = this.#reloader.refusedBy
    return code !== undefined && !OF_CONTENT.has(code) && this.#looks >= LOOKS_BETWEEN
  }

  #stamp(): string {
    const { home, loaded } = this.#reloader.gateway
    const trust = loaded.found ? ` ${stamp(home.trust)}` : ''
    return `${stamp(loaded.path)}${trust}`
  }
}

/** Of another content, another one; editors put a new file in place. */
function stamp(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch (error) {
    // Removed, or a folder above it is shut: the reload says it, once.
    return errnoOf(error) ?? 'unknown'
  }
}
