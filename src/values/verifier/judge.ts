/** What a service's answer means, by the rules of its target and nothing else. Pure. */
import type { Checked, Unsettled } from '../../gateway/verify/words.ts'
import type { BodyCondition, Rule } from '../../targets/types.ts'

/** Bytes, or why there are none. */
export type Body = Buffer | 'too-large' | 'unreadable'

/** True where what this status means depends on the body: only then it is read. */
export function needsBody(rules: readonly Rule[], status: number): boolean {
  const first = rules.find((rule) => rule.status.includes(status))
  return first?.body !== undefined
}

/** The first rule that fits decides. A body that could not be read settles nothing. */
export function judge(
  rules: readonly Rule[],
  status: number,
  body: Body,
): Pick<Checked, 'verdict' | 'reason'> {
  let json: { value: unknown } | undefined
  let garbage = false
  for (const rule of rules) {
    if (!rule.status.includes(status)) continue
    if (rule.body !== undefined) {
      if (body === 'too-large') return cannotTell('answer-too-large')
      if (body === 'unreadable') return cannotTell('bad-answer')
      if ('contains' in rule.body) {
        if (!body.includes(rule.body.contains)) continue
      } else {
        json ??= parsed(body)
        garbage ||= json === undefined
        if (json === undefined || !holds(rule.body, json.value)) continue
      }
    }
    return rule.verdict === 'cannot-tell' ? cannotTell('ambiguous') : { verdict: rule.verdict }
  }
  return cannotTell(garbage ? 'bad-answer' : reasonFor(status))
}

function cannotTell(reason: Unsettled): Pick<Checked, 'verdict' | 'reason'> {
  return { verdict: 'cannot-tell', reason }
}

function reasonFor(status: number): Unsettled {
  if (status === 429) return 'rate-limited'
  if (status >= 500) return 'server-error'
  return status >= 300 && status < 400 ? 'redirect' : 'unexpected-answer'
}

function parsed(body: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body.toString('utf8')) }
  } catch {
    // The message quotes the body, which may repeat the value.
    return undefined
  }
}

function holds(condition: Exclude<BodyCondition, { contains: string }>, root: unknown): boolean {
  const found = at(condition.pointer, root)
  if ('equals' in condition) return found === condition.equals
  const present = found !== undefined && found !== null
  return condition.is === 'present' ? present : !present
}

/** RFC 6901; `undefined` where the pointer leads nowhere. */
function at(pointer: string, root: unknown): unknown {
  let node = root
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined
    node = Reflect.get(node, key)
  }
  return node
}
