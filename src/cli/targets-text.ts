/** One target in words: every fact that is known, and whether code acts on it. */
import { printable } from '../printable.ts'
import { verifyOf } from '../targets/lookup.ts'
import type { BodyCondition, Confidence, Pattern, Target, Verify } from '../targets/types.ts'

const MEMORY = '(from memory: not acted on)'
const ONLY_STATED = '(from memory: only where the config says so)'

type Line = readonly [label: string, text: string]

/** Its id, then one indented line for each fact, each with its newline. */
export function targetText(target: Target): string {
  const { expiry, rotate, docs } = target
  const lines: Line[] = [
    ['service', `${target.service} (${target.category}, ${target.kind})`],
    ['variables', list(target.env)],
    ...(target.companions ?? []).map(({ name, what, confidence }): Line => [
      'together with',
      `${name}: ${what}${confidence === 'seen' ? '' : ` ${ONLY_STATED}`}`,
    ]),
    ...(target.pattern === undefined ? [] : patternLines(target.pattern)),
    [
      'hosts',
      [list(target.hosts), target.selfHosted && 'a server of your own'].filter(Boolean).join(', '),
    ],
    ['shown as', marked(authText(target.auth), target.auth.confidence)],
    ...verifyLines(target),
    [
      'expiry',
      expiry ? marked(`${expiry.kind}: ${expiry.how}`, expiry.confidence) : 'nothing is known',
    ],
    [
      'rotation',
      rotate ? marked(`${rotate.mode}: ${rotate.how}`, rotate.confidence) : 'nothing is known',
    ],
    ...(rotate === undefined ? [] : rotateLines(rotate)),
    ['OpenClaw', (target.openclaw ?? []).join(', ')],
    ['note', target.notes ?? ''],
    ['deprecated', target.deprecated ?? ''],
    ['documentation', docs ? marked(docs.url, docs.confidence) : ''],
    [
      'sources',
      target.sources.length > 0 ? target.sources.join(', ') : 'none: all of it is from memory',
    ],
  ]
  const shown = lines.filter(([, text]) => text !== '')
  return `${target.id}\n${shown.map(([label, text]) => line(label, text)).join('')}`
}

function authText({ type, name, format }: Target['auth']): string {
  if (type === 'basic') return `${name}: Basic, of ${format} in base64`
  return type === 'query' ? `?${name}=${format}` : `${name}: ${format}`
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(14)} ${printable(text)}\n`
}

function marked(text: string, confidence: Confidence): string {
  return confidence === 'seen' ? text : `${text} ${MEMORY}`
}

/** What is from memory comes last, so that the mark is said once. */
function list(facts: readonly { name: string; confidence: Confidence }[]): string {
  const names = (confidence: Confidence): string =>
    facts
      .filter((fact) => fact.confidence === confidence)
      .map(({ name }) => name)
      .join(', ')
  const known = names('known')
  return [names('seen'), known && marked(known, 'known')].filter(Boolean).join(', ')
}

function patternLines({ regex, strength, confidence, overlaps = [] }: Pattern): Line[] {
  const what =
    strength === 'prefixed' ? '' : ' (length and alphabet only: other secrets look so too)'
  return [
    ['looks like', marked(`${regex}${what}`, confidence)],
    ['shared with', overlaps.join(', ')],
  ]
}

function verifyLines(target: Target): Line[] {
  const { verify } = target
  if (verify === undefined) return [['verify', 'no call is known']]
  const { method, host = 'HOST', elsewhere = [], path, note, effect, signing, rules } = verify
  const call = `${method} https://${host}${path}`
  return [
    ['verify', marked(signing ? `${call}, signed (not in this version)` : call, verify.confidence)],
    ...rules.map(({ status, body, verdict }): Line => {
      return ['', `${status.join(', ')}${body ? ` ${condition(body)}` : ''}: ${verdict}`]
    }),
    ['', elsewhere.length > 0 ? `or, by region or sandbox: ${elsewhere.join(', ')}` : ''],
    ['', isUncertain(target) ? 'a rejection counts only where the config names the host' : ''],
    ['', effect === undefined ? '' : EFFECTS[effect]],
    ['', note ?? ''],
  ]
}

/** Its call is made, and without a base URL not all of what it answers is believed. */
function isUncertain(target: Target): boolean {
  const call = verifyOf(target)
  return call !== undefined && call !== target.verify
}

function condition(body: BodyCondition): string {
  if ('contains' in body) return `with "${body.contains}" in the body`
  if ('is' in body) return `with ${body.pointer} ${body.is}`
  return `with ${body.pointer} ${JSON.stringify(body.equals)}`
}

const EFFECTS: Readonly<Record<NonNullable<Verify['effect']>, string>> = {
  token: 'makes a short-lived token, which is thrown away',
  quota: 'counts against a quota, or is billed',
}

function rotateLines({
  overlap,
  needs,
  pitfall,
  note,
  ...rotate
}: NonNullable<Target['rotate']>): Line[] {
  const flags = [
    rotate.optIn && 'must be switched on first',
    rotate.retireApi && 'the old one can be revoked by API',
    rotate.selfOnly && 'only the credential itself can do it',
    rotate.preview && 'preview',
  ]
  return [
    ['overlap', overlap],
    ['needs', needs ?? ''],
    ['', flags.filter(Boolean).join(', ')],
    ['pitfall', pitfall ?? ''],
    ['', note ?? ''],
  ]
}
