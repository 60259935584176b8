/** By which call the service of a rotated credential is asked whether it works. */
import type { Config } from '../../config/types.ts'
import { statedTarget } from '../../plan/target.ts'
import { own } from '../../plan/own.ts'
import { destinationOf } from '../../targets/destination.ts'
import { targetById, verifyOf } from '../../targets/lookup.ts'
import { companionsIn } from '../../targets/placeholders.ts'
import { plain, serviceOf, type NotAsked } from '../verify/way.ts'
import type { Asking } from './words.ts'

/**
 * @param id of the target
 * @returns the call, or why none can be made; a rotation holds one value, so what needs another secret
 *   beside it cannot
 * @throws CONFIG_INVALID where the config states a secret among the settings
 */
export async function askingOf(
  config: Config,
  environment: string,
  id: string,
): Promise<Asking | { reason: NotAsked; names?: readonly string[] }> {
  const target = await targetById(id)
  if (target === undefined) return { reason: 'no-target' }
  const entry = statedTarget(config, environment, id)
  if (entry?.misplaced === true) return { reason: 'base-url-misplaced' }
  const { baseUrl, settings: stated } = entry ?? {}
  const recipe = verifyOf(target, baseUrl !== undefined)
  if (recipe === undefined) return { reason: 'no-call' }
  const destination = destinationOf(recipe, baseUrl)
  if (typeof destination === 'string') return { reason: destination }
  const settings: Record<string, string> = {}
  const missing: string[] = []
  for (const name of companionsIn(recipe)) {
    const setting = own(stated, name)
    if (setting === undefined) missing.push(name)
    else settings[name] = plain(target, name, setting, entry?.at)
  }
  if (missing.length > 0) return { reason: 'companion-missing', names: missing }
  const service = await serviceOf(target)
  return { recipe, service, settings, ...(baseUrl === undefined ? {} : { baseUrl }) }
}
