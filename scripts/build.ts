/**
 * Bundles the command line and the resolver into `dist/`: one file each for what every start needs,
 * chunks for what is loaded on use. A start from one file costs a third of one from many modules.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rolldown } from 'rolldown'

const DIST = 'dist'

async function bundle(name: string, input: string): Promise<void> {
  const build = await rolldown({ input: { [name]: input }, platform: 'node', logLevel: 'warn' })
  await build.write({
    dir: DIST,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: `${name}-[name]-[hash].cjs`,
    minify: false,
    comments: false,
  })
  await build.close()
}

rmSync(DIST, { recursive: true, force: true })
mkdirSync(DIST)
await bundle('main', 'src/cli/main.ts')
await bundle('resolver', 'src/values/resolver/main.ts')
await bundle('setter', 'src/values/setter/main.ts')
// The boot file stays as written: it must run on a Node that knows nothing of what follows.
const boot = readFileSync('src/cli/boot.cjs', 'utf8').replace(
  "import('./main.ts')",
  "require('./main.cjs')",
)
writeFileSync(`${DIST}/secretref.cjs`, boot, { mode: 0o755 })
copyFileSync('package.json', `${DIST}/.built-from.json`)
