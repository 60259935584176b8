/**
 * What is wrong with a document that the fast checker refused, in our own words: zod finds the issues,
 * its messages are not shown, and no value of the document is quoted. Loads zod.
 */
import type { core } from 'zod'
import { jsonSchema, knownKeys, type JsonSchema } from './json-schema.ts'
import { nodeAt } from './node.ts'
import {
  AWS_FOLDER,
  DATE,
  DURATION,
  ENDPOINT,
  ENVIRONMENT,
  NAME,
  ON_CHANGE,
  PROVIDER,
  SLACK_CHANNEL,
  TEXT,
  VARIABLE,
  VAULT_ADDRESS,
  VAULT_FOLDER,
} from './names.ts'
import { ROTATION_DRIVERS } from './drivers.generated.ts'
import { hardcoded, invalid, shownKey, type At } from './problems.ts'
import { PROVIDER_OPTIONS } from './providers.generated.ts'
import { configSchema } from './schema.ts'
import { didYouMean, newPatience, type Patience } from './suggest.ts'
import type { Problem } from './types.ts'

const RULES = new Map<string, string>([
  [
    NAME.source,
    'must be a name: a letter or digit first, then letters, digits and . _ / - up to 128',
  ],
  [
    PROVIDER.source,
    'must be a name: a letter or digit first, then letters, digits and . _ - up to 64',
  ],
  [
    ENVIRONMENT.source,
    'must be a name: a letter or digit first, then letters, digits and . _ - up to 64',
  ],
  [VARIABLE.source, 'must be the name of a variable: letters, digits and _, no digit first'],
  [TEXT.source, 'must be text that is not empty and holds no NUL'],
  ['^/', 'must be an absolute path'],
  [
    VAULT_ADDRESS.source,
    'must be https://HOST, or http://127.0.0.1:PORT for a server on this machine',
  ],
  [VAULT_FOLDER.source, 'must end in a slash, as prod/payments/ does, and begin with none'],
  [AWS_FOLDER.source, 'must end in a slash, as prod/payments/ does'],
  [SLACK_CHANNEL.source, 'must be a channel of Slack such as #finance-alerts, or its id'],
  [ENDPOINT.source, 'must begin with https://, or with http:// and this machine'],
  [DATE.source, 'must be a date such as 2027-03-08 or 2027-03-08T04:12:00Z'],
  [
    DURATION.source,
    'must be a length of time such as "7d", "90d" or "12h": a whole number with s, m, h or d behind it',
  ],
  [ON_CHANGE.source, 'must be "none", "rewrite", "restart", or a signal such as "signal:HUP"'],
  ['^https?://', 'must begin with https:// or http://'],
  [
    '^[a-z0-9][a-z0-9-]{0,63}$',
    'must be an id of the catalogue, as `secretref targets list` shows',
  ],
  ['^[A-Za-z0-9+=,.@_-]{1,64}$', 'must be the name of a user: letters, digits and + = , . @ _ -'],
])

const TYPES: Readonly<Record<string, string>> = {
  string: 'text in quotes',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  int: 'a whole number',
  number: 'a number',
}

/** Every issue that zod finds in `tree`, as problems without lines. Empty: the document is a config. */
export function explain(tree: unknown): Problem[] {
  let result
  try {
    result = configSchema.safeParse(tree)
  } catch (error) {
    // zod hands issues on as arguments of a call, and a stack does not hold hundred thousands of them.
    if (!(error instanceof RangeError)) throw error
    return [invalid([], 'there are more mistakes than can be listed')]
  }
  if (result.success) return []
  const explainer = new Explainer(tree)
  return result.error.issues.flatMap((issue) => explainer.issue(issue, []))
}

class Explainer {
  readonly #tree: unknown
  readonly #patience = newPatience()
  #schema: JsonSchema | undefined

  constructor(tree: unknown) {
    this.#tree = tree
  }

  issue(issue: core.$ZodIssue, parent: At): Problem[] {
    const at = [...parent, ...issue.path.map(stepOf)]
    if (issue.code === 'unrecognized_keys') {
      return this.#unknownKeys(at, issue.keys)
    }
    const slot = slotProblem(at, nodeAt(this.#tree, at))
    if (slot !== undefined) return [slot]
    if (issue.code === 'invalid_union') return this.#union(issue, at)
    if (nodeAt(this.#tree, at) === undefined && issue.code !== 'invalid_key') {
      return [this.#missing(at)]
    }
    const value = nodeAt(this.#tree, at)
    const sentence = closerFor(issue, value) ?? sentenceFor(issue)
    return [invalid(at, sentence, hintFor(issue, value, this.#patience))]
  }

  #unknownKeys(at: At, keys: readonly string[]): Problem[] {
    this.#schema ??= jsonSchema()
    const known = knownKeys(this.#schema, at).filter((name) => name !== '$schema')
    return keys.map((key) => {
      const hint = didYouMean(key, known, this.#patience)
      return invalid([...at, key], `"${shownKey(key)}" is not known here`, hint)
    })
  }

  #driver(at: At, value: unknown): Problem {
    const drivers = Object.keys(ROTATION_DRIVERS)
    const hint = didYouMean(typeof value === 'string' ? value : '', drivers, this.#patience)
    return invalid(at, 'this is no known rotation driver', hint)
  }

  #missing(at: At): Problem {
    return invalid(at, `"${String(at.at(-1))}" is missing`)
  }

  /** A union's branch is the one whose type the value has; where none has, all types are named. */
  #union(issue: core.$ZodIssueInvalidUnion, at: At): Problem[] {
    const value = nodeAt(this.#tree, at)
    if (issue.discriminator !== undefined) {
      if (issue.discriminator === 'driver') return [this.#driver(at, value)]
      const options = Object.keys(PROVIDER_OPTIONS)
      const message =
        value === undefined
          ? `"${issue.discriminator}" is missing, and the name itself is no provider type`
          : 'this is no known provider type'
      const name = value === undefined ? at.at(-2) : value
      const hint = didYouMean(typeof name === 'string' ? name : '', options, this.#patience)
      return [invalid(at, message, hint)]
    }
    if (value === undefined) return [this.#missing(at)]
    const branch = issue.errors.find(
      (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
    )
    if (branch !== undefined) return branch.flatMap((inner) => this.issue(inner, at))
    const expected = issue.errors.flatMap((issues) =>
      issues.flatMap((inner) => (inner.code === 'invalid_type' ? [typeName(inner.expected)] : [])),
    )
    return [invalid(at, `must be ${[...new Set(expected)].join(' or ')}`)]
  }
}

/** A string where a slot or a ref belongs is taken for a credential, whatever it looks like. */
function slotProblem(at: At, value: unknown): Problem | undefined {
  const end = at.at(-1) === 'secretRef' ? at.slice(0, -1) : at
  const isSlot =
    (end.at(-2) === 'credentials' && end.at(-4) === 'tool-bindings') || isSecretOfAlerts(end)
  if (!isSlot || typeof value !== 'string') return undefined
  return end === at
    ? hardcoded(at, 'plain text stands where {"secretRef": …} belongs')
    : hardcoded(at, `the secretRef is no name of a ref: it ${RULES.get(NAME.source) ?? ''}`)
}

/** `alerts.slack.token`, `alerts.slack.webhook`, `alerts.webhooks.NAME.secret`. */
function isSecretOfAlerts([first, second, ...rest]: At): boolean {
  if (first !== 'alerts') return false
  if (second === 'slack') return rest.length === 1 && (rest[0] === 'token' || rest[0] === 'webhook')
  return second === 'webhooks' && rest.length === 2 && rest[1] === 'secret'
}

/** Where the form is nearly met: what alone is wrong with it. */
function closerFor(issue: core.$ZodIssue, value: unknown): string | undefined {
  if (issue.code !== 'invalid_format' || typeof value !== 'string') return undefined
  const pattern = patternOf(issue)
  if (pattern === DURATION.source && /^[1-9][0-9]{5,}[smhd]$/.test(value)) {
    return 'is too long: a length of time has at most five digits, so 99999d is the longest'
  }
  const addresses = [ENDPOINT, VAULT_ADDRESS].map(({ source }) => unescaped(source))
  if (pattern === undefined || !addresses.includes(unescaped(pattern))) return undefined
  if (/^https?:\/\/[^/?#\s]*@/.test(value)) {
    return 'must name no user and no password: what stands before the @ would be shown wherever the address is'
  }
  return /^https:\/\/[^/?#@\s]+(?:\/[^?#\s]*)?[?#]/.test(value)
    ? 'must have no query and no fragment: what stands behind the ? or # does not belong here'
    : undefined
}

function sentenceFor(issue: core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeName(issue.expected)}`
    case 'invalid_format':
      return ruleFor(issue)
    case 'invalid_key': {
      const [inner] = issue.issues
      return `this key ${inner?.code === 'invalid_format' ? ruleFor(inner) : 'is not allowed'}`
    }
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
    case 'too_small':
      return Number(issue.minimum) === 1 && issue.origin !== 'number' && issue.origin !== 'int'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}${unitOf(issue.origin)}`
    case 'too_big':
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`
    case 'invalid_element':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'custom':
    default:
      return 'is not allowed here'
  }
}

function ruleFor(issue: core.$ZodIssueInvalidStringFormat): string {
  return wordsOf(patternOf(issue) ?? '') ?? 'is not of the form that it must have'
}

function patternOf(issue: core.$ZodIssueInvalidStringFormat): string | undefined {
  return issue.pattern?.replace(/^\/|\/$/g, '')
}

/** @returns nothing for a pattern that is nobody's; nobody is shown one */
export function wordsOf(pattern: string): string | undefined {
  return RULES.get(pattern) ?? RULES.get(unescaped(pattern))
}

function unescaped(pattern: string): string {
  return pattern.replaceAll('\\/', '/')
}

function hintFor(issue: core.$ZodIssue, value: unknown, patience: Patience): string | undefined {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return undefined
  return didYouMean(value, issue.values.map(String), patience)
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long'
  return origin === 'array' ? ' entries long' : ''
}

function typeName(expected: string): string {
  return TYPES[expected] ?? 'of another type'
}

function stepOf(step: PropertyKey): string | number {
  return typeof step === 'number' ? step : String(step)
}
