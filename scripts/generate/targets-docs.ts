/** The numbers and the list of sources in docs/targets.md, between its markers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rotateOf, verifyOf } from '../../src/targets/lookup.ts'
import type { Target } from '../../src/targets/types.ts'
import type { Output } from '../generate.ts'
import { checkedTargets } from './targets/catalogue.ts'

const PATH = 'docs/targets.md'
const BEGIN = '<!-- generated: targets -->'
const END = '<!-- end of generated -->'

/** What stands before the colon of a source, and what was read. */
const SOURCES: readonly (readonly [token: string, what: string])[] = [
  ['trufflehog', 'detectors of trufflesecurity/trufflehog, commit 3ab759f'],
  ['gitleaks', 'rules of gitleaks/gitleaks, commit b58d3f1'],
  ['betterleaks', 'rules of betterleaks/betterleaks, commit 6381fa4'],
  ['kingfisher', 'rules of mongodb/kingfisher, commit ee7c0db'],
  ['n8n', 'credentials of the packages n8n-nodes-base 2.41.2 and @n8n/n8n-nodes-langchain 2.41.1'],
  ['agent-vault', 'services of Infisical/agent-vault, commit 1074383'],
  ['infisical', "the description of one of Infisical's rotations"],
  [
    'npm',
    'a package of the npm registry and its version; `@` and `/` of its scope are written as `-`',
  ],
  ['repo', 'a public repository on GitHub'],
  ['openapi', "a service's own OpenAPI description, in a public repository"],
  ['openclaw', "a page of OpenClaw's documentation, 2026.9.6"],
  ['openclaw-surface', "OpenClaw's list of places that take a SecretRef, 2026.3.2 and 2026.9.6"],
  ['onecli', 'onecli/onecli'],
]

export async function generate(root: string): Promise<Output> {
  const text = readFileSync(join(root, PATH), 'utf8')
  const [before, rest, ...more] = text.split(BEGIN)
  const [, after, ...others] = rest?.split(END) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`${PATH} must hold "${BEGIN}" and then "${END}", once each`)
  }
  const targets = checkedTargets(root)
  const body = [numbers(targets), categories(targets), sources(targets)].join('\n\n')
  return { path: PATH, content: `${before}${BEGIN}\n\n${body}\n\n${END}${after}` }
}

function numbers(targets: readonly Target[]): string {
  const calls = targets.filter((target) => verifyOf(target) !== undefined)
  const patterns = targets.flatMap(({ pattern }) => (pattern?.confidence === 'seen' ? pattern : []))
  const rotated = targets.filter((target) => (rotateOf(target)?.mode ?? 'none') !== 'none')
  const prefixed = patterns.filter(({ strength }) => strength === 'prefixed')
  const rows: readonly (readonly [string, number])[] = [
    ['kinds of credential', targets.length],
    ['services', servicesOf(targets)],
    ['kinds whose service can be asked, by a call that was seen', calls.length],
    ['services that can be asked', servicesOf(calls)],
    ['kinds with a form of their own that was seen', prefixed.length],
    ['kinds with a shape that was seen', patterns.length - prefixed.length],
    ['kinds with a rotation by API or command that was seen', rotated.length],
  ]
  return `| | |\n|---|---|\n${rows.map(([what, count]) => `| ${what} | ${count} |`).join('\n')}`
}

function servicesOf(targets: readonly Target[]): number {
  return new Set(targets.map(({ service }) => service)).size
}

function categories(targets: readonly Target[]): string {
  const counts = new Map<string, number>()
  for (const { category } of targets) counts.set(category, (counts.get(category) ?? 0) + 1)
  const words = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `Categories: ${words.map(([word, count]) => `${word} ${count}`).join(', ')}.`
}

/** @throws for a token that is explained nowhere */
function sources(targets: readonly Target[]): string {
  const counts = new Map<string, number>()
  for (const { id, sources: tokens } of targets) {
    for (const token of tokens) {
      const kind = kindOf(token)
      if (kind === undefined) throw new Error(`${id}: nothing says what the source ${token} is`)
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
  }
  const rows = [
    ...SOURCES,
    ['an address', "a page of the service's own documentation"] as const,
  ].map(([token, what]) => `| \`${token}\` | ${what} | ${counts.get(token) ?? 0} |`)
  const note = 'A token with a commit of its own (`trufflehog@0753639:…`) was read there.'
  return `| source | what it is | named by |\n|---|---|---|\n${rows.join('\n')}\n\n${note}`
}

function kindOf(token: string): string | undefined {
  if (/^(?:https:\/\/)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/ ]|$)/.test(token)) return 'an address'
  const [, kind] = /^([a-z0-9-]+)(?:@[0-9a-f]{7})?:\S/.exec(token) ?? []
  return SOURCES.find(([known]) => known === kind)?.[0]
}
