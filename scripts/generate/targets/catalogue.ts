/** The catalogue's files, read and checked. Whatever generator needs them, all of the checks are made. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pattern, Target } from '../../../src/targets/types.ts'
import { serviceWord } from '../../../src/targets/words.ts'
import { callProblems } from './calls.ts'
import { shapeOf, stepsOf } from './cost.ts'
import { overlapProblems } from './overlaps.ts'
import { parse, type Node } from './regex.ts'
import { exampleOf, samplesOf } from './samples.ts'
import { TARGET } from './schema.ts'

const FOLDER = 'src/targets/data'

/** Steps that a pattern may cost whatever the text; beyond that, only in proportion to its longest text. */
const FEW_STEPS = 25_000
const STEPS_EACH = 4

const checked = new Map<string, readonly Target[]>()

/**
 * @param root top of the repository
 * @throws one error that lists everything that is wrong
 */
export function checkedTargets(root: string): readonly Target[] {
  const before = checked.get(root)
  if (before !== undefined) return before
  const targets: Target[] = []
  const problems: string[] = []
  const index = readFileSync(join(root, 'src/targets/catalogue.ts'), 'utf8')
  for (const file of readdirSync(join(root, FOLDER)).toSorted()) {
    if (!index.includes(`'./data/${file}'`))
      problems.push(`${file}: not in src/targets/catalogue.ts`)
    const entries: unknown = JSON.parse(readFileSync(join(root, FOLDER, file), 'utf8'))
    const wrong = formProblems(entries)
    problems.push(...wrong.map((problem) => `${file}: ${problem}`))
    if (!haveForm(entries, wrong)) continue
    for (const target of entries) {
      if (`${target.category}.json` !== file) problems.push(`${target.id}: is in ${file}`)
      targets.push(target)
    }
  }
  problems.push(...problemsOf(targets))
  if (problems.length > 0) throw new Error(`the catalogue is wrong:\n${problems.join('\n')}`)
  checked.set(root, targets)
  return targets
}

function formProblems(entries: unknown): string[] {
  const { error } = TARGET.array().safeParse(entries)
  return (error?.issues ?? []).map(
    ({ path, message }) => `${nameOf(entries, path[0])}.${path.slice(1).join('.')}: ${message}`,
  )
}

function haveForm(entries: unknown, wrong: readonly string[]): entries is Target[] {
  return Array.isArray(entries) && wrong.length === 0
}

function nameOf(entries: unknown, index: PropertyKey | undefined): string {
  const entry: unknown = Array.isArray(entries) ? entries[Number(index)] : undefined
  return typeof entry === 'object' && entry !== null && 'id' in entry ? String(entry.id) : 'entry'
}

/** What no schema can say: of each target, and between them. */
export function problemsOf(targets: readonly Target[]): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const { id } of targets) {
    if (seen.has(id)) problems.push(`${id}: is there twice`)
    seen.add(id)
  }
  for (const target of targets) {
    const own = [
      ...(target.pattern === undefined ? [] : patternProblems(target.pattern)),
      ...(target.verify === undefined ? [] : callProblems(target, target.verify)),
      ...honestyProblems(target),
    ]
    problems.push(...own.map((problem) => `${target.id}: ${problem}`))
  }
  // With a pattern that cannot be read there are no overlaps to compute.
  if (problems.length > 0) return problems
  return [...overlapProblems(targets), ...usualProblems(targets), ...wordProblems(targets)]
}

/** The pattern as a tree. @throws where it holds what is not allowed */
export function treeOf(pattern: Pattern): Node {
  return parse(pattern.regex)
}

function patternProblems(pattern: Pattern): string[] {
  const { regex } = pattern
  let tree: Node
  try {
    tree = treeOf(pattern)
    const most = Math.max(FEW_STEPS, STEPS_EACH * shapeOf(tree).longest)
    if (stepsOf(tree) > most) return [`the pattern may cost ${stepsOf(tree)} steps`]
  } catch (error) {
    return [`the pattern ${error instanceof Error ? error.message : 'cannot be read'}`]
  }
  const compiled = new RegExp(regex)
  const strays = samplesOf(tree).filter((sample) => !compiled.test(sample))
  return [
    ...(compiled.test(exampleOf(pattern)) ? [] : ['the pattern does not take its example']),
    ...(strays.length === 0
      ? []
      : ['the pattern is not understood: it refuses what was made from it']),
  ]
}

/** What counts as seen must have a source to have been seen in. */
function honestyProblems(target: Target): string[] {
  const { verify, rotate, expiry, env, pattern, sources } = target
  const facts = [verify, rotate, expiry, pattern, ...env]
  const claims = facts.some((fact) => fact?.confidence === 'seen') || target.confidence === 'seen'
  return claims && sources.length === 0 ? ['something was seen, and no source is named'] : []
}

/** Of the kinds that share a variable, one at most is the usual one. */
function usualProblems(targets: readonly Target[]): string[] {
  const usual = new Map<string, string>()
  return targets.flatMap(({ id, env }) =>
    env.flatMap(({ name, usual: claimed }) => {
      const other = usual.get(name)
      if (claimed) usual.set(name, id)
      return claimed && other !== undefined ? [`${name}: usual for ${other} and ${id}`] : []
    }),
  )
}

/** A config's `service` is an id or a service's word: neither may mean two things. */
function wordProblems(targets: readonly Target[]): string[] {
  const services = new Map<string, string>()
  const problems: string[] = []
  for (const { id, service } of targets) {
    const word = serviceWord(service)
    const other = services.get(word) ?? service
    services.set(word, service)
    if (other !== service) problems.push(`${id}: ${service} and ${other} are one word`)
  }
  for (const { id, service } of targets) {
    const other = services.get(id) ?? service
    if (other !== service) problems.push(`${id}: is the word of another service, ${other}`)
  }
  return problems
}
