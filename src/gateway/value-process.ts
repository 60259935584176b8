/** How control starts a process of the value wing: a file to run, and nothing inherited. */
import { fileURLToPath } from 'node:url'

export type ValueProcess =
  | 'resolver'
  | 'setter'
  | 'finder'
  | 'scanner'
  | 'verifier'
  | 'lister'
  | 'keeper'
  | 'rotator'
  | 'sender'
  | 'lease-keeper'
  | 'locksmith'

/**
 * Node's arguments for one of them. In the sources it is TypeScript beside us; in a build, one file
 * beside the bundle.
 */
export function valueProcess(name: ValueProcess): string[] {
  const here = import.meta.url
  const file = here.endsWith('.ts')
    ? fileURLToPath(new URL(`../values/${name}/main.ts`, here))
    : fileURLToPath(new URL(`./${name}.cjs`, here))
  // No inspector by SIGUSR1; no helper threads that a short life never needs.
  return ['--disable-sigusr1', '--v8-pool-size=0', file]
}
