/** Checks of the calls that ask services whether a credential works. */
import { hostMatches } from '../../../src/targets/hosts.ts'
import { PLACEHOLDER } from '../../../src/targets/placeholders.ts'
import type { Target, Verify } from '../../../src/targets/types.ts'

const PLACEHOLDERS = new RegExp(PLACEHOLDER, 'g')

/** What is wrong with a target's call. */
export function callProblems(target: Target, verify: Verify): string[] {
  return [
    ...placeholderProblems(target, verify),
    ...hostProblems(target, verify),
    ...bodyProblems(verify),
    ...ruleProblems(verify),
  ]
}

function placeholderProblems(target: Target, verify: Verify): string[] {
  const { host = '', path, headers = {}, basic = '', body = '', signing } = verify
  const problems: string[] = []
  const companions = new Set(target.companions?.map(({ name }) => name))
  const texts = [path, ...Object.values(headers), basic, body]
  const inHost = namesIn([host])
  const names = namesIn(texts)
  for (const name of [...names, ...inHost]) {
    if (/^[A-Z]/.test(name) && !companions.has(name)) problems.push(`{${name}} is no companion`)
  }
  for (const name of names) {
    if (/^[a-z]/.test(name) && !/^(?:value|path)$/.test(name)) problems.push(`what is {${name}}?`)
  }
  if (inHost.includes('value')) problems.push('the value must not choose the host')
  const isShown = names.includes('value') || names.includes('path')
  if (!isShown && signing === undefined) problems.push('the call does not hold the value')
  return problems
}

function namesIn(texts: readonly string[]): string[] {
  return [...texts.join('\n').matchAll(PLACEHOLDERS)].map(([, name = '']) => name)
}

function hostProblems(target: Target, { host, elsewhere = [] }: Verify): string[] {
  const strange = elsewhere.filter((other) => !target.hosts.some(({ name }) => name === other))
  if (host === undefined && target.selfHosted === undefined) return ['the call has no host']
  if (host !== undefined && !isOwn(target, host)) strange.push(host)
  return strange.map((name) => `${name} is none of its hosts`)
}

function ruleProblems({ rules }: Verify): string[] {
  const always = new Set<number>()
  const problems = rules.flatMap(({ status, body }, index) => {
    const isReached = status.some((code) => !always.has(code))
    if (body === undefined) for (const code of status) always.add(code)
    return isReached ? [] : [`rule ${index + 1} is never reached`]
  })
  const canPass = rules.some(({ verdict }) => verdict === 'valid')
  return canPass ? problems : [...problems, 'nothing is valid']
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
