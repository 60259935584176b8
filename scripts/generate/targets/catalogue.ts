/** The catalogue's files, read and checked. Whatever generator needs them, all of the checks are made. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pattern, Target, Verify } from '../../../src/targets/types.ts'
import { hostMatches } from '../../../src/targets/hosts.ts'
import { PLACEHOLDER } from '../../../src/targets/placeholders.ts'
import { shapeOf, stepsOf } from './cost.ts'
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
      ...(target.verify === undefined ? [] : verifyProblems(target, target.verify)),
      ...honestyProblems(target),
    ]
    problems.push(...own.map((problem) => `${target.id}: ${problem}`))
  }
  return problems.length > 0 ? problems : [...overlapProblems(targets), ...usualProblems(targets)]
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

const PLACEHOLDERS = new RegExp(PLACEHOLDER, 'g')

function verifyProblems(target: Target, verify: Verify): string[] {
  const problems: string[] = []
  const { host, path, headers = {}, basic = '', body = '' } = verify
  const companions = new Set(target.companions?.map(({ name }) => name))
  const texts = [path, ...Object.values(headers), basic, body]
  for (const [, name = ''] of texts.join('\n').matchAll(PLACEHOLDERS)) {
    // A word in braces in a GraphQL query is a field.
    if (/^[a-z]/.test(name) && !/^(?:value|path)$/.test(name)) problems.push(`what is {${name}}?`)
    if (/^[A-Z]/.test(name) && !companions.has(name)) problems.push(`{${name}} is no companion`)
  }
  for (const [, name = ''] of (host ?? '').matchAll(PLACEHOLDERS)) {
    if (/^[A-Z]/.test(name) && !companions.has(name)) problems.push(`{${name}} is no companion`)
    if (name === 'value') problems.push('the value must not choose the host')
  }
  const own = texts.some((text) => text.includes('{value}') || text.includes('{path}'))
  if (!own && verify.signing === undefined) problems.push('the call does not hold the value')
  if (host === undefined && target.selfHosted === undefined) problems.push('the call has no host')
  if (host !== undefined && !isOwn(target, host)) problems.push(`${host} is none of its hosts`)
  problems.push(...bodyProblems(verify))
  for (const other of verify.elsewhere ?? []) {
    if (!target.hosts.some(({ name }) => name === other))
      problems.push(`${other} is none of its hosts`)
  }
  if (!verify.rules.some(({ verdict }) => verdict === 'valid')) problems.push('nothing is valid')
  verify.rules.forEach((rule, index) => {
    const earlier = verify.rules
      .slice(0, index)
      .filter(({ body: condition }) => condition === undefined)
    const reached = rule.status.some((code) => !earlier.some(({ status }) => status.includes(code)))
    if (!reached) problems.push(`rule ${index + 1} is never reached`)
  })
  return problems
}

/** A call that was seen goes to a host that was. */
function isOwn({ hosts, verify }: Target, host: string): boolean {
  const filled = host.replace(PLACEHOLDERS, 'x')
  return hosts.some(
    ({ name, confidence }) =>
      hostMatches(name, filled) && (confidence === 'seen' || verify?.confidence === 'known'),
  )
}

/** Whoever fills in the value must know how to encode it. */
function bodyProblems({ body, headers = {}, method }: Verify): string[] {
  if (body === undefined) return []
  const type = headers['content-type']
  if (method !== 'POST') return ['only a POST has a body']
  if (type === 'application/x-www-form-urlencoded') {
    return /^[A-Za-z_]+=[^&\s]*(?:&[A-Za-z_]+=[^&\s]*)*$/.test(body) ? [] : ['the body is no form']
  }
  if (type !== 'application/json') return ['nothing says what the body is']
  return body === MALFORMED || isJson(body.replace(PLACEHOLDERS, 'x'))
    ? []
    : ['the body is no JSON']
}

/** On purpose: a service that refuses it has read who sent it, and has done nothing else. */
const MALFORMED = '{'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What counts as seen must have a source to have been seen in. */
function honestyProblems(target: Target): string[] {
  const { verify, rotate, expiry, env, pattern, sources } = target
  const facts = [verify, rotate, expiry, pattern, ...env]
  const claims = facts.some((fact) => fact?.confidence === 'seen') || target.confidence === 'seen'
  return claims && sources.length === 0 ? ['something was seen, and no source is named'] : []
}

/** Of a pattern that names its kind: which other targets' texts it takes. */
export function overlapsOf(targets: readonly Target[]): Map<string, string[]> {
  const texts = targets.flatMap(({ id, pattern }) =>
    pattern?.strength === 'prefixed'
      ? [{ id, texts: [exampleOf(pattern), ...samplesOf(treeOf(pattern))] }]
      : [],
  )
  const overlaps = new Map<string, string[]>()
  for (const { id, pattern } of targets) {
    if (pattern?.strength !== 'prefixed') continue
    const compiled = new RegExp(pattern.regex)
    const taken = texts.filter(
      (other) => other.id !== id && other.texts.some((text) => compiled.test(text)),
    )
    overlaps.set(id, taken.map((other) => other.id).toSorted())
  }
  return overlaps
}

function overlapProblems(targets: readonly Target[]): string[] {
  const found = overlapsOf(targets)
  return targets.flatMap(({ id, pattern }) => {
    const stated = (pattern?.overlaps ?? []).join(', ')
    const real = (found.get(id) ?? []).join(', ')
    return stated === real ? [] : [`${id}: overlaps are [${real}], not [${stated}]`]
  })
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
