/**
 * The catalogue, loaded when it is first asked for. Pure.
 *
 * `targetById`, `allTargets` and the rest answer with all that is known, for people. Code that acts (that
 * sends, rotates or refuses) takes its facts from `verifyOf`, `hostsOf`, `rotateOf` and `expiryOf`: what
 * is only remembered is not in them.
 */
import type { Expiry, Rotate, Rule, Target, Verify } from './types.ts'

let loaded: Promise<ReadonlyMap<string, Target>> | undefined

function catalogue(): Promise<ReadonlyMap<string, Target>> {
  loaded ??= import('./catalogue.ts').then(
    ({ CATALOGUE }) => new Map(CATALOGUE.map((target) => [target.id, target])),
  )
  return loaded
}

/** `undefined` where no target has that id. */
export async function targetById(id: string): Promise<Target | undefined> {
  return (await catalogue()).get(id)
}

/** In the order of categories, then ids. */
export async function allTargets(): Promise<readonly Target[]> {
  return [...(await catalogue()).values()]
}

/**
 * The call that asks the service whether a credential works; one that a template can make.
 *
 * @param placed true where a config states the base URL. Elsewhere a credential of another region, of a
 *   sandbox or of a server of one's own may be meant, which the usual host does not know: where there are
 *   such, its rejection is made `cannot-tell`.
 */
export function verifyOf({ verify, selfHosted }: Target, placed = false): Verify | undefined {
  if (verify?.confidence !== 'seen' || verify.signing !== undefined) return undefined
  const usual = verify.host !== undefined && !verify.host.includes('{')
  const several = verify.elsewhere !== undefined || selfHosted !== undefined
  if (placed || !usual || !several) return verify
  return { ...verify, rules: verify.rules.map(uncertain) }
}

function uncertain(rule: Rule): Rule {
  return rule.verdict === 'rejected' ? { ...rule, verdict: 'cannot-tell' } : rule
}

/** Host names, some with `*` (hosts.ts), to which the credential may be sent. */
export function hostsOf({ hosts }: Target): readonly string[] {
  return hosts.filter(({ confidence }) => confidence === 'seen').map(({ name }) => name)
}

export function rotateOf({ rotate }: Target): Rotate | undefined {
  return rotate?.confidence === 'seen' ? rotate : undefined
}

export function expiryOf({ expiry }: Target): Expiry | undefined {
  return expiry?.confidence === 'seen' ? expiry : undefined
}
