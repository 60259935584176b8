/** What the tests of src/config share. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { checkConfig } from '../../src/config/load.ts'
import { ConfigError, problemsText } from '../../src/config/problems.ts'
import { SecretRefError } from '../../src/errors.ts'
import type { Config, Problem } from '../../src/config/types.ts'

/** The article is of March 2026; its dates lie in 2026 and 2027. */
export const NOW = new Date('2026-03-08T12:00:00Z')

const ARTICLE = join(import.meta.dirname, '..', 'fixtures', 'article')

export type Block =
  | '1.1.json'
  | '1.2.json'
  | '2.1.json'
  | '2.2.json'
  | '3.2.json'
  | '4.2.json'
  | '5.2-unused.json5'
  | '5.2-deprecated.json5'
  | '5.2-hardcoded.json5'
  | '5.2-bound.json5'

/** One block of the article, as it stands there. */
export function block(name: Block): string {
  return readFileSync(join(ARTICLE, name), 'utf8')
}

/** A private folder of its own, for one test. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-config-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A config file that only we can reach. */
export function writeConfig(folder: string, text: string, name = 'secretref.json'): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

/** Reads a config from its text, or from data. */
export async function load(
  source: unknown,
  now = NOW,
): Promise<{ config: Config; warnings: readonly Problem[] }> {
  const text = typeof source === 'string' ? source : JSON.stringify(source)
  return checkConfig(Buffer.from(text), '/config.json', { now, places: true })
}

/** The error of a config that must not load. */
export async function refusal(source: unknown, now = NOW): Promise<ConfigError> {
  try {
    await load(source, now)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the config was accepted')
}

/** It as a person sees it. */
export function explained({ path, problems }: ConfigError): string {
  return problemsText(path, problems)
}

/** Its problems as `CODE place: message`. */
export async function complaints(source: unknown, now = NOW): Promise<string[]> {
  const { problems } = await refusal(source, now)
  return problems.map(({ code, at, message }) => `${code} ${at.join('.')}: ${message}`)
}

/** An agent `a` with one tool `t` whose slots are given. */
export function withSlots(slots: object, agent: object = {}, rest: object = {}): object {
  return { agents: { a: { 'tool-bindings': { t: { credentials: slots } }, ...agent } }, ...rest }
}

/** What a call throws, which must be an error of ours. */
export function thrown(call: () => unknown): SecretRefError {
  try {
    call()
  } catch (error) {
    if (error instanceof SecretRefError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
