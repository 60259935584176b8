/** `secretref store import [FILE]`: a plaintext file of names and values moves into the store. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  everyAgentOf,
  fileSpellings,
  placedRefs,
  providersOf,
  slotsOf,
} from '../config/accessors.ts'
import type { LoadedConfig } from '../config/types.ts'
import { SecretRefError } from '../errors.ts'
import { resolveOptions } from '../gateway/options.ts'
import { planner } from '../plan/plan.ts'
import { safeJson } from '../printable.ts'
import { userHome } from '../state/home.ts'
import { printable, type Io } from './io.ts'
import { importsBefore } from './store-imported.ts'
import {
  changeStore,
  findStore,
  refuseInside,
  type Done,
  type StoreOptions,
} from './store-order.ts'

type Imported = Extract<Done, { type: 'imported' }>

/** @returns 0; 1 where a value was found in the clear afterwards */
export async function storeImport(
  io: Io,
  file: string | undefined,
  options: StoreOptions & { json?: true },
): Promise<number> {
  refuseInside(io)
  const store = await findStore(io, options)
  const { loaded } = store
  const path = file === undefined ? plaintextOf(io, loaded) : resolve(io.cwd, file)
  const names = namesOf(loaded)
  const config = loaded?.path
  const action = {
    kind: 'import',
    path,
    names,
    ...(config === undefined ? {} : { config }),
    ...(existsSync(path) ? {} : { before: importsBefore(io, path) }),
  } as const
  const done = await changeStore(io, store, action, (report) => {
    if (report.type === 'imported') say(io, path, String(store.options['path']), report)
  })
  if (done.type !== 'imported') throw new TypeError('an import was answered with something else')
  if (loaded !== undefined) sayConfig(io, loaded, store.provider)
  if (options.json) io.out(`${safeJson({ version: 1, file: path, ...done, type: undefined })}\n`)
  return done.left > 0 ? 1 : 0
}

/** The file that the config's own file provider reads. */
function plaintextOf(io: Io, loaded: LoadedConfig | undefined): string {
  const files =
    loaded === undefined
      ? []
      : [...providersOf(loaded.config)].filter(([, { type }]) => type === 'file')
  if (files.length > 1) {
    throw new SecretRefError('USAGE', 'the config has several file providers', {
      hint: `name the file: ${io.program} store import FILE`,
    })
  }
  const [only] = files
  const path =
    loaded === undefined || only === undefined
      ? undefined
      : resolveOptions(only[1], loaded.dir, io.home, io.env)['path']
  if (typeof path === 'string') return path
  const [first, second] = io.home.secretsFiles
  return !existsSync(first) && existsSync(second) ? second : first
}

/**
 * A ref that the config places nowhere is looked for under its own name in a store, and in snake_case too
 * in a file. One with a `target` keeps that.
 */
function namesOf(loaded: LoadedConfig | undefined): Readonly<Record<string, string>> {
  if (loaded === undefined) return {}
  const placed = new Set(
    placedRefs(loaded.config)
      .filter(({ entry }) => entry.target !== undefined || entry.field !== undefined)
      .map(({ ref }) => ref),
  )
  const names: [string, string][] = []
  for (const ref of refsOf(loaded)) {
    if (placed.has(ref)) continue
    const [, second] = fileSpellings(ref)
    if (second !== undefined) names.push([second, ref])
  }
  return Object.fromEntries(names)
}

function refsOf({ config }: LoadedConfig): Set<string> {
  const bound = [...everyAgentOf(config).values()].flatMap(slotsOf)
  return new Set([
    ...bound.map(({ credential }) => credential.secretRef),
    ...placedRefs(config).map(({ ref }) => ref),
  ])
}

function say(
  io: Io,
  path: string,
  storePath: string,
  { items, there, searched, left, unreadable, inConfig, places }: Imported,
): void {
  if (there) {
    for (const { name, version, already } of items) {
      io.err(
        `${printable(`${name}: ${already ? 'was in the store' : 'moved'} (version ${version})`)}\n`,
      )
    }
    io.err(
      `${printable(`${items.length} in ${storePath}, read back and equal; ${path} was overwritten and removed`)}\n`,
    )
  } else {
    io.err(`${printable(`${path} is not there any more: it was imported already`)}\n`)
  }
  const where = `searched ${searched} ${searched === 1 ? 'file' : 'files'} for the values: `
  io.err(
    `${where}${left === 0 ? 'none found' : `${left} still ${left === 1 ? 'holds' : 'hold'} one`}\n`,
  )
  if (unreadable > 0) io.err(`${unreadable} could not be searched\n`)
  if (inConfig) io.err('the config itself holds a value\n')
  if (left > 0) {
    const folder = path.replace(/\/[^/]*$/, '') || '/'
    const named = places.length === 0 ? '' : `: ${places.join(', ')}`
    io.err(`${printable(`hint: remove it there: ${folder}${named}`)}\n`)
  }
  if (there) {
    io.err(
      'hint: an SSD, a snapshot or a backup may hold copies that nobody can overwrite from here; where that matters, rotate the values\n',
    )
  }
}

/** Which refs are still looked for in a plaintext file. */
function sayConfig(io: Io, loaded: LoadedConfig, store: string): void {
  const { config, dir } = loaded
  const routes = planner({
    config,
    configDir: dir,
    userHome: userHome(io.env),
    environment: undefined,
  })
  const types = providersOf(config)
  const still = [...refsOf(loaded)].filter((ref) =>
    routes.route(ref).chain.some(({ provider }) => types.get(provider)?.type === 'file'),
  )
  if (still.length === 0) {
    io.err('the config looks for none of its refs in a plaintext file\n')
    return
  }
  const shown =
    still.slice(0, 5).join(', ') + (still.length > 5 ? ` and ${still.length - 5} more` : '')
  io.err(
    `${printable(`the config still looks for ${shown} in a file`)}\nhint: write "${store}" where it says "file": in "active-provider", and as "provider" in refMap and environments\n`,
  )
}
