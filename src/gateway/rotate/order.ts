/** What a rotator is to do, in words that hold no value. */
import { join } from 'node:path'
import type { Entry } from '../../audit/record.ts'
import { providersOf } from '../../config/accessors.ts'
import { SecretRefError } from '../../errors.ts'
import { planner } from '../../plan/plan.ts'
import type { Journalled } from '../../rotation/journalled.ts'
import { userHome } from '../../state/home.ts'
import type { Gateway } from '../gateway.ts'
import { keptPlaces } from '../keep/places.ts'
import { leasePlace } from '../lease/place.ts'
import { resolveDriverOptions, resolveOptions } from '../options.ts'
import { HAS_PROC } from '../surroundings.ts'
import { ROTATOR_AGENT } from './ages.ts'
import { askingOf } from './asking.ts'
import type { RotateRequest } from './rotate.ts'
import type { Place, RotationOrder } from './words.ts'

/**
 * @returns the order, and what is on record before a rotator gets it
 * @throws CONFIG_INVALID where the config states a secret among a target's settings; as `route` does for
 *   the credential by which the driver acts
 */
export async function orderOf(
  gateway: Gateway,
  { subject, pasteMarks }: RotateRequest,
  { id, class: kind, from, environment }: Journalled,
  givenUp: readonly string[],
): Promise<{ order: RotationOrder; releases: Entry[] }> {
  const { home, loaded, env } = gateway
  const { step, provider, driver, options, ref } = subject
  const admin = adminOf(gateway, subject)
  const asking = subject.guided ? await askingFor(gateway, subject) : undefined
  const order: RotationOrder = {
    v: 1,
    rotation: { id, class: kind },
    driver: { type: driver, options: resolveDriverOptions(options, loaded.dir, env) },
    provider: step.provider,
    type: provider.type,
    options: resolveOptions(provider, loaded.dir, home, env),
    at: step.at,
    givenUp,
    from,
    kept: keptPlaces(gateway, loaded),
    staging: { path: join(home.dir, 'rotations.age'), identity: join(home.keys, 'rotation.key') },
    fingerprintKey: home.fingerprintKey,
    ...(HAS_PROC ? { gatewayPid: process.pid } : {}),
    ...(admin === undefined
      ? {}
      : { admin: { ...admin.place, leases: leasePlace(gateway, `rotation-${id}`) } }),
    ...(asking === undefined ? {} : { asking }),
    ...(pasteMarks === undefined ? {} : { input: { ref, pasteMarks } }),
  }
  const releases: Entry[] =
    admin === undefined
      ? []
      : [
          {
            event: 'grant.released',
            actor: gateway.actor,
            agent: ROTATOR_AGENT,
            ref: admin.ref,
            provider: admin.place.provider,
            environment,
            decision: 'allow',
            reason: 'bound',
            delivery: 'none',
            config: loaded.hash,
            detail: { purpose: 'rotate', rotation: id },
          },
        ]
  return { order, releases }
}

/** The credential by which the driver acts: the first of its chain, and no other. */
function adminOf(
  { loaded, home, env }: Gateway,
  { rotate: { admin }, environment, ref }: RotateRequest['subject'],
): { ref: string; place: Place } | undefined {
  if (admin === undefined) return undefined
  const { config, dir } = loaded
  const planned = planner({ config, configDir: dir, userHome: userHome(env), environment })
  const { chain, problem } = planned.route(admin)
  const [step] = chain
  const provider = step && providersOf(config).get(step.provider)
  if (problem !== undefined || step === undefined || provider === undefined) {
    throw new SecretRefError(
      problem?.code ?? 'REF_UNKNOWN',
      `"${admin}", by which ${ref} is rotated, cannot be read: ${problem?.message ?? 'it lies nowhere'}`,
      { scope: 'ref', hint: problem?.hint ?? 'say where it lies' },
    )
  }
  const options = resolveOptions(provider, dir, home, env)
  const { at } = step
  return { ref: admin, place: { provider: step.provider, type: provider.type, options, at } }
}

/** How the service of a guided rotation is asked; nothing where no call is known. */
async function askingFor(
  { loaded }: Gateway,
  { options, targets, environment }: RotateRequest['subject'],
): Promise<RotationOrder['asking'] | undefined> {
  const stated = options['service']
  const id = typeof stated === 'string' ? stated : targets[0]
  if (id === undefined) return undefined
  const asking = await askingOf(loaded.config, environment, id)
  return 'reason' in asking ? undefined : asking
}
