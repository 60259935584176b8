/** `secretref targets list` and `targets show`: what the catalogue knows, and from where. */
import { nearest } from '../config/suggest.ts'
import { SecretRefError } from '../errors.ts'
import { safeJson } from '../printable.ts'
import { idsOfService, serviceWords } from '../targets/infer.ts'
import { allTargets, rotateOf, verifyOf } from '../targets/lookup.ts'
import type { Target } from '../targets/types.ts'
import type { Io } from './io.ts'
import { table } from './table.ts'
import { targetText } from './targets-text.ts'

const HEADER = ['ID', 'SERVICE', 'CATEGORY', 'VERIFY', 'ROTATE']

export interface TargetsListOptions {
  category?: string
  json?: boolean
}

/** @throws {SecretRefError} TARGET_UNKNOWN for a category that is none */
export async function targetsList(io: Io, options: TargetsListOptions): Promise<number> {
  const all = await allTargets()
  const { category } = options
  const listed = all.filter((target) => category === undefined || target.category === category)
  if (listed.length === 0 && category !== undefined) throw noCategory(category, categoriesOf(all))
  if (options.json === true) {
    io.out(`${safeJson({ version: 1, targets: listed.map(summary) }, 2)}\n`)
    return 0
  }
  const rows = listed.map((target) => {
    const { id, service, verify, rotate } = summary(target)
    return [id, service, target.category, verify ? 'yes' : 'no', rotate ?? 'by hand']
  })
  io.out(table([HEADER, ...rows]))
  return 0
}

/** What code can act on: a call that was seen, a way to rotate that was seen. */
function summary(target: Target): {
  id: string
  service: string
  category: string
  kind: string
  variables: readonly string[]
  verify: boolean
  rotate: string | null
} {
  const { id, service, category, kind, env } = target
  const mode = rotateOf(target)?.mode ?? 'none'
  return {
    id,
    service,
    category,
    kind,
    variables: env.map(({ name }) => name),
    verify: verifyOf(target) !== undefined,
    rotate: mode === 'none' ? null : mode,
  }
}

/**
 * @param word an id, or a service, which may have several kinds of credential
 * @throws {SecretRefError} TARGET_UNKNOWN
 */
export async function targetsShow(
  io: Io,
  word: string,
  options: { json?: boolean },
): Promise<number> {
  const all = await allTargets()
  const exact = all.filter(({ id }) => id === word)
  const ids = new Set(idsOfService(word))
  const shown = exact.length > 0 ? exact : all.filter(({ id }) => ids.has(id))
  if (shown.length === 0) throw noTarget(io, word, categoriesOf(all))
  if (options.json === true) io.out(`${safeJson({ version: 1, targets: shown }, 2)}\n`)
  else io.out(shown.map(targetText).join('\n'))
  return 0
}

function categoriesOf(targets: readonly Target[]): string[] {
  return [...new Set(targets.map(({ category }) => category))].toSorted()
}

function noCategory(category: string, categories: readonly string[]): SecretRefError {
  return new SecretRefError('TARGET_UNKNOWN', `no category of targets is named "${category}"`, {
    hint: near(category, categories) ?? `there are ${categories.join(', ')}`,
  })
}

function noTarget({ program }: Io, word: string, categories: readonly string[]): SecretRefError {
  const list = `\`${program} targets list`
  const hint = categories.includes(word)
    ? `it is a category: ${list} --category ${word}\``
    : (near(word, serviceWords()) ??
      `${list}\` shows all, with --category one of ${categories.join(', ')}`)
  return new SecretRefError('TARGET_UNKNOWN', `no target or service is named "${word}"`, { hint })
}

function near(word: string, known: readonly string[]): string | undefined {
  const name = nearest(word, known)
  return name === undefined ? undefined : `did you mean "${name}"?`
}
