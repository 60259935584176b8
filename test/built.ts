/** Whether `npm test` has just made the build, or a source is newer than it. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = join(import.meta.dirname, '..')

/** The command line of the build. */
export const BUILT = join(ROOT, 'dist/secretref.cjs')

/** For Node processes that a test starts from the sources again and again: they are compiled once. */
export const COMPILED = { NODE_COMPILE_CACHE: join(ROOT, '.out/compiled') } as const

export function isBuilt(): boolean {
  if (!existsSync(BUILT)) return false
  const time = statSync(BUILT).mtimeMs
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  return sources.every((name) => statSync(join(ROOT, 'src', name)).mtimeMs <= time)
}

/**
 * For vitest: what a test has started of the value wing is what the package ships, and is there three times
 * as fast as from the sources; of a build that is older than these, it is started from the sources.
 */
export const valueProcessesOfTheBuild = {
  name: 'value processes of the build',
  transform(code: string, id: string): string | undefined {
    if (!id.endsWith('/src/gateway/value-process.ts') || !isBuilt()) return undefined
    return code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(BUILT).href))
  },
}
