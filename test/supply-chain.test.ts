/** What `npm ci` brings into a clone, and what an install of the published package brings. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importsOf, sourcesIn } from './modules.ts'

const ROOT = join(import.meta.dirname, '..')

interface Manifest {
  name?: string
  private?: boolean
  workspaces?: string[]
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

interface Locked extends Manifest {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  hasInstallScript?: boolean
  optional?: boolean
}

function manifestOf(path: string): Manifest {
  const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
  return manifest
}

const { packages }: { packages: Record<string, Locked> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
)

/** The root's package.json and those of its workspaces, by path. */
function manifests(): [path: string, manifest: Manifest][] {
  const root = manifestOf('package.json')
  const folders = (root.workspaces ?? []).flatMap((pattern) =>
    pattern.endsWith('/*')
      ? readdirSync(join(ROOT, pattern.slice(0, -2))).map((name) => pattern.slice(0, -1) + name)
      : [pattern],
  )
  const paths = ['package.json', ...folders.map((folder) => `${folder}/package.json`)]
  return paths.map((path) => [path, manifestOf(path)])
}

/** Everything that an install without devDependencies brings, optional packages too. */
function runTimeClosure(lock: Record<string, Locked>): Set<string> {
  const reached = new Set<string>()
  const queue = ['']
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
      lock[at] ?? {}
    // Nobody gets an optional peer who has not installed it.
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (name) => peerDependenciesMeta?.[name]?.optional !== true,
    )
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const place = placeOf(lock, at, name)
      if (place === undefined || reached.has(place)) continue
      reached.add(place)
      queue.push(place)
    }
  }
  return reached
}

/** As Node looks for a package: in the nearest node_modules that has it. */
function placeOf(lock: Record<string, Locked>, from: string, name: string): string | undefined {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (lock[place] !== undefined) return place
    if (folder === '') return undefined
  }
}

describe('the lock file', () => {
  const locked = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  )

  test('no package that runs with us has an install script', () => {
    const closure = runTimeClosure(packages)
    expect([...closure]).toEqual(
      expect.arrayContaining(
        ['commander', 'croner', 'zod', '@humanwhocodes/momoa'].map(
          (name) => `node_modules/${name}`,
        ),
      ),
    )
    expect([...closure].filter((path) => packages[path]?.hasInstallScript)).toEqual([])
    // Few enough to be looked at, each of them.
    expect(closure.size).toBeLessThan(21)
  })

  test('and the search would find one, however deep', () => {
    const lock: Record<string, Locked> = {
      '': { dependencies: { a: '1.0.0' }, devDependencies: { d: '1.0.0' } },
      'node_modules/a': { dependencies: { b: '1.0.0' } },
      'node_modules/b': { hasInstallScript: true },
      'node_modules/a/node_modules/b': { optionalDependencies: { c: '1.0.0' } },
      'node_modules/c': { hasInstallScript: true },
      'node_modules/d': { hasInstallScript: true },
    }
    const found = [...runTimeClosure(lock)]
    expect(found).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c'])
  })

  test('nothing that `npm ci` installs has an install script, Node 24 included', () => {
    expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
  })

  test('every package is there with its hash, and no registry is named', () => {
    expect(locked.length).toBeGreaterThan(20)
    for (const [path, { integrity, resolved, version }] of locked) {
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)])
      expect([path, resolved]).toEqual([path, undefined])
      expect([path, version]).toEqual([path, expect.stringMatching(/^\d+\.\d+\.\d+/)])
    }
    for (const { resolved } of Object.values(packages)) expect(resolved ?? '').not.toMatch(/:/)
  })
})

describe('each package.json', () => {
  test.each(manifests())(
    '%s: exact versions, and no script that runs at an install',
    (_path, manifest) => {
      const { dependencies, devDependencies, optionalDependencies, scripts = {} } = manifest
      const versions = Object.entries({
        ...dependencies,
        ...devDependencies,
        ...optionalDependencies,
      })
      expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
      for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
        expect(Object.keys(scripts)).not.toContain(name)
      }
    },
  )

  test('only the root is published', () => {
    for (const [path, manifest] of manifests()) {
      expect([path, manifest.private === true]).toEqual([path, path !== 'package.json'])
    }
  })
})

test('what the sources import is declared, and what is declared is imported', () => {
  const src = join(ROOT, 'src')
  const imported = new Set(
    sourcesIn(src)
      .flatMap((name) => importsOf(src, name))
      .map(({ specifier = '' }) => specifier)
      .filter((specifier) => specifier !== '' && !/^(?:\.|node:)/.test(specifier))
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ''),
  )
  const { dependencies, peerDependencies } = manifestOf('package.json')
  // An optional peer is imported on use, and its provider says how to install it.
  const declared = Object.keys({ ...dependencies, ...peerDependencies })
  expect([...imported].toSorted()).toEqual(declared.toSorted())
})
