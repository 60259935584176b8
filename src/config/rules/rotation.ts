/** Rotation: what a schema cannot say about when and how a ref is replaced. Pure. */
import { adminOf } from '../../rotation/rule.ts'
import { parseWindow } from '../../rotation/window.ts'
import {
  chainEntries,
  placedRefs,
  providerNameOf,
  providersOf,
  WRITABLE_TYPES,
} from '../accessors.ts'
import { invalid } from '../problems.ts'
import type { Config, Problem } from '../types.ts'

export function* judgeRotation(config: Config): Generator<Problem> {
  const table = providersOf(config)
  for (const { ref, entry, at: place } of placedRefs(config)) {
    const { rotate } = entry
    if (rotate === undefined) continue
    const at = [...place, 'rotate']
    const { window } = rotate
    if (typeof window === 'string' && parseWindow(window) === undefined) {
      yield invalid(
        [...at, 'window'],
        'this is no window of time',
        'such as "Sun 02:00-05:00 Europe/Berlin", "Mon-Fri 22:00-06:00" or "03:00-04:00"; without a zone it is UTC',
      )
    }
    if (adminOf(rotate) === ref) {
      yield invalid(
        [...at, 'admin', 'secretRef'],
        'this is the ref itself',
        'leave "admin" out: it acts by what it replaces',
      )
    }
    const [first] = chainEntries(entry.provider)
    const provider = first === undefined ? undefined : table.get(providerNameOf(first))
    if (provider === undefined) continue
    if (!WRITABLE_TYPES.has(provider.type) || provider.options['engine'] === 'dynamic') {
      yield invalid(
        at,
        'the first provider of this ref cannot be written to, so nothing new can be put there',
        'put a store, a vault or a file first, or leave "rotate" out',
      )
    }
    if (provider.type === 'vault' && provider.options['kv'] === 1) {
      yield invalid(
        at,
        'version 1 of the KV engine has no versions and compares nothing, so a change by somebody else would be lost',
        'make it version 2 (vault kv enable-versioning MOUNT), or leave "rotate" out',
      )
    }
    if (entry.version !== undefined || (typeof first === 'object' && first.version !== undefined)) {
      yield invalid(
        at,
        'this ref is pinned to one version, so a new one would reach nobody',
        'remove "version", or leave "rotate" out',
      )
    }
  }
}
