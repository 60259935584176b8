/**
 * src/targets/index.generated.ts: which variables and services name which targets. Every start may need
 * it, and none needs the whole catalogue. Only variables that were seen: a plan is made from them.
 */
import { serviceWord } from '../../src/targets/words.ts'
import type { Output } from '../generate.ts'
import { checkedTargets } from './targets/catalogue.ts'

export async function generate(root: string): Promise<Output> {
  const lines = checkedTargets(root).map(({ id, service, env }) => {
    const seen = env.filter(({ confidence }) => confidence === 'seen')
    const names = seen.map(({ name, usual }) => (usual ? `${name}!` : name))
    return [id, serviceWord(service), ...names].join(' ')
  })
  const content = `// Made by scripts/generate/targets-index.ts from src/targets/data. Do not edit.

/** A line for each target: its id, its service as one word, its variables (\`!\`: the usual kind for it). */
export const TARGET_INDEX = \`
${lines.join('\n')}
\`
`
  return { path: 'src/targets/index.generated.ts', content }
}
