/**
 * Writes every generated file, or with `--check` names those that are no longer what their source says
 * and exits 1. A generator is a module in scripts/generate/ that exports `generate`.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** One generated file: its path from the top of the repository, and all of its text. */
export interface Output {
  path: string
  content: string
}

export type Generate = (root: string) => Promise<Output>

/** What config/schema.ts is made from must be fresh before the generators that read the schema run. */
const FIRST = ['providers.ts', 'drivers.ts']

/**
 * @param root top of the repository
 * @param check true: write nothing
 * @returns the paths that differed
 */
export async function runGenerators(root: string, check: boolean): Promise<string[]> {
  const folder = join(root, 'scripts', 'generate')
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  const rest = names.filter((name) => !FIRST.includes(name)).toSorted()
  const drifted: string[] = []
  for (const name of [...FIRST, ...rest]) {
    const module: { generate: Generate } = await import(pathToFileURL(join(folder, name)).href)
    const { path, content } = await module.generate(root)
    const file = join(root, path)
    if (content === readOrNothing(file)) continue
    drifted.push(path)
    if (check) continue
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return drifted
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

if (import.meta.main) {
  const check = process.argv.includes('--check')
  const drifted = await runGenerators(join(import.meta.dirname, '..'), check)
  for (const path of drifted) {
    process.stderr.write(
      check ? `${path}: out of date, run \`npm run generate\`\n` : `${path}: written\n`,
    )
  }
  if (check && drifted.length > 0) process.exitCode = 1
}
