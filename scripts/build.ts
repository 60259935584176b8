/**
 * Bundles the command line and the processes of the value wing into `dist/`. What every start needs is
 * one file, what is loaded on use are others: a start costs about a millisecond for each file it reads.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'

const DIST = 'dist'

/**
 * @param name of the entry, and the beginning of its chunks' names
 * @param together a module that, with everything it imports, becomes one chunk
 */
async function bundle(name: string, input: string, together?: string): Promise<void> {
  const early = new Set<string>()
  const start = new Set<string>()
  const collect: Plugin = {
    name: 'collect',
    buildEnd() {
      const add = (id: string, into: Set<string>): void => {
        if (into.has(id)) return
        into.add(id)
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) add(imported, into)
      }
      add(resolve(input), early)
      if (together !== undefined) add(resolve(together), start)
    },
  }
  const build = await rolldown({
    input: { [name]: input },
    platform: 'node',
    // Optional peers: found, on use, where the package is installed.
    external: [/^@aws-sdk\//, '@napi-rs/keyring', '@redis/client', /^mysql2/, 'pg'],
    logLevel: 'warn',
    preserveEntrySignatures: 'allow-extension',
    // The resolver imports its commonest provider at once, which the registry imports on use.
    checks: { ineffectiveDynamicImport: false },
    plugins: [collect],
  })
  await build.write({
    dir: DIST,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: `${name}-[name].cjs`,
    minify: false,
    comments: false,
    codeSplitting: {
      groups: [
        { name: 'start', test: (id) => start.has(id) && !early.has(id) },
        // Else what others import too would become files of their own.
        { name: 'early', test: (id) => early.has(id) },
      ],
      includeDependenciesRecursively: false,
    },
  })
  await build.close()
}

rmSync(DIST, { recursive: true, force: true })
mkdirSync(DIST)
await bundle('main', 'src/cli/main.ts', 'src/cli/program.ts')
await bundle('publisher', 'src/audit/anchor/main.ts')
await bundle('resolver', 'src/values/resolver/main.ts')
await bundle('setter', 'src/values/setter/main.ts', 'src/values/providers/file.ts')
await bundle('finder', 'src/values/finder/main.ts')
await bundle('lister', 'src/values/lister/main.ts', 'src/values/providers/file.ts')
await bundle('keeper', 'src/values/keeper/main.ts')
await bundle('rotator', 'src/values/rotator/main.ts')
await bundle('sender', 'src/values/sender/main.ts')
await bundle('lease-keeper', 'src/values/lease-keeper/main.ts')
await bundle('locksmith', 'src/values/locksmith/main.ts')
await bundle('verifier', 'src/values/verifier/main.ts')
await bundle('scanner', 'src/values/scanner/main.ts')
// The boot file stays as written: it must run on a Node that knows nothing of what follows.
const boot = readFileSync('src/cli/boot.cjs', 'utf8').replace(
  "void import('./main.ts')",
  "require('./main.cjs')",
)
writeFileSync(`${DIST}/secretref.cjs`, boot, { mode: 0o755 })
