/**
 * The catalogue, loaded when it is first asked for. Pure.
 *
 * `targetById`, `allTargets` and the rest answer with all that is known, for people. Code that acts (that
 * sends, rotates or refuses) takes its facts from `verifyOf`, `hostsOf`, `rotateOf` and `expiryOf`: what
 * is only remembered is not in them.
 */
import type { Expiry, Rotate, Target, Verify } from './types.ts'

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

/** The call that asks the service whether a credential works; one that a template can make. */
export function verifyOf({ verify }: Target): Verify | undefined {
  return verify?.confidence === 'seen' && verify.signing === undefined ? verify : undefined
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
