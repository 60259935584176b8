/**
 * Findings as SARIF 2.1.0, for code scanning (OASIS, Static Analysis Results Interchange Format,
 * errata 01). Section numbers below are that document's.
 */
import { createHash } from 'node:crypto'
import { isAbsolute, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printable } from '../printable.ts'
import { exitCode } from './exit.ts'
import { RULE_TEXTS } from './rules.ts'
import { FINDING_CODES, type Finding, type FindingCode, type Place } from './types.ts'

const SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

/** The name that code scanning services give to the root of a checkout. */
const ROOT = '%SRCROOT%'

/** Nothing wrong in the file, only not looked at: they belong to the run, not to its results (3.20.21). */
const NOTIFICATIONS: readonly FindingCode[] = ['skipped', 'unreadable']
const RULES = FINDING_CODES.filter((code) => !NOTIFICATIONS.includes(code))

/**
 * One log with one run, to be printed with `safeJson`. No value and no fingerprint of one is in it: a
 * result is recognised again by what it is about, not by what it found.
 *
 * @param about `version` of this program; `root`, absolute: files below it are named relative to it
 */
export function sarif(
  findings: readonly Finding[],
  about: { version: string; root: string },
): object {
  const identities = new Identities(about.root)
  const told = findings.filter(({ code }) => NOTIFICATIONS.includes(code))
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'SecretRef',
            semanticVersion: about.version,
            rules: RULES.map(descriptor),
            notifications: NOTIFICATIONS.map(descriptor),
          },
        },
        // Without its `uri`, which the receiver knows and which would name the folders of this machine (3.14.14).
        originalUriBaseIds: { [ROOT]: { description: { text: 'The folder of the command.' } } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: exitCode(findings, { check: false }) === 0,
            toolExecutionNotifications: told.map((finding) => ({
              descriptor: { id: finding.code, index: NOTIFICATIONS.indexOf(finding.code) },
              level: finding.severity,
              message: message(finding),
              locations: locations(finding, about.root),
            })),
          },
        ],
        results: findings
          .filter(({ code }) => RULES.includes(code))
          .map((finding) => ({
            ruleId: finding.code,
            ruleIndex: RULES.indexOf(finding.code),
            level: finding.severity,
            message: message(finding),
            locations: locations(finding, about.root),
            partialFingerprints: { 'secretref/v1': identities.of(finding) },
          })),
      },
    ],
  }
}

function descriptor(code: FindingCode): object {
  const { title, help, level } = RULE_TEXTS[code]
  return {
    id: code,
    name: code.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: `${title}.` },
    help: { text: help },
    defaultConfiguration: { level },
    properties: { tags: ['security'] },
  }
}

function message({ message: text, hint }: Finding): { text: string } {
  return { text: plain(`${sentence(text)} ${sentence(hint)}`) }
}

function sentence(text: string): string {
  const end = /[.!?]$/.test(text) ? '' : '.'
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`
}

/** A brace would begin a placeholder (3.11.5), a bracket a link (3.11.6). */
function plain(text: string): string {
  return printable(text)
    .replaceAll(/[{}]/g, '$&$&')
    .replaceAll(/[[\]\\]/g, '\\$&')
}

function locations({ places }: Finding, root: string): object[] {
  return places.flatMap((place) => {
    const physical = physicalLocation(place, root)
    const logical = [place.at, place.provider].filter((name) => name !== undefined).map(printable)
    if (physical === undefined && logical.length === 0) return []
    return [
      {
        ...(physical === undefined ? {} : { physicalLocation: physical }),
        ...(logical.length === 0
          ? {}
          : { logicalLocations: logical.map((name) => ({ fullyQualifiedName: name })) }),
      },
    ]
  })
}

function physicalLocation({ file, line, column }: Place, root: string): object | undefined {
  if (file === undefined) return undefined
  const region =
    line === undefined
      ? {}
      : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } }
  return { artifactLocation: artifact(file, root), ...region }
}

function artifact(file: string, root: string): { uri: string; uriBaseId?: string } {
  const below = relative(root, file)
  if (below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) {
    return { uri: file.isWellFormed() ? pathToFileURL(file).href : `file://${encoded(file)}` }
  }
  return { uri: encoded(below), uriBaseId: ROOT }
}

/** A byte that is no UTF-8 stands as U+DC00 and the byte in a path that a scan found. */
function encoded(path: string): string {
  const parts = path.split(/([\udc80-\udcff])/u).map((part, i) => {
    if (i % 2 === 1) return `%${(part.charCodeAt(0) - 0xdc00).toString(16).toUpperCase()}`
    // Other lone surrogates have no percent-encoding.
    return part.toWellFormed().split(sep).map(encodeURIComponent).join('/')
  })
  return parts.join('')
}

/**
 * What a finding is recognised by in the next run (3.27.17): code, names and file, not the line, which
 * moves with every edit. Of several that are alike, the first stays the first.
 */
class Identities {
  readonly #root: string
  readonly #seen = new Map<string, number>()

  constructor(root: string) {
    this.#root = root
  }

  of(finding: Finding): string {
    const { code, ref, agent, tool, envVar, environment, targets, places } = finding
    const where = places.map(({ file, at, provider }) => [
      file === undefined ? undefined : artifact(file, this.#root).uri,
      at,
      provider,
    ])
    const about = JSON.stringify([code, ref, agent, tool, envVar, environment, targets, where])
    const before = this.#seen.get(about) ?? 0
    this.#seen.set(about, before + 1)
    return createHash('sha256').update(`${about}\n${before}`).digest('hex')
  }
}
