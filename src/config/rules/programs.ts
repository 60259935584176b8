/** Programs that a config has started: arguments and fixed variables are no place for a key. Pure. */
import { isNode } from '../node.ts'
import { hardcoded, type At } from '../problems.ts'
import type { Problem } from '../types.ts'
import { CREDENTIAL_VARIABLES, isCredentialName, matchesVariable } from '../variables.ts'
import { credentialWords } from './words.ts'

/** How such a program gets a credential instead. */
export interface Instead {
  env: string
  args: string
}

/** @param at where `env` and `args` stand */
export function* judgeProgram(
  at: At,
  { env, args }: { env?: unknown; args?: unknown },
  instead: Instead,
): Generator<Problem> {
  for (const variable of Object.keys(isNode(env) ? env : {})) {
    const patterns = Object.values(CREDENTIAL_VARIABLES).flat()
    const isOne =
      isCredentialName(variable) || patterns.some((pattern) => matchesVariable(pattern, variable))
    if (!isOne) continue
    yield {
      ...hardcoded(
        [...at, 'env', variable],
        'a variable that holds a credential has fixed text here',
      ),
      hint: instead.env,
    }
  }
  for (const index of credentialWords(Array.isArray(args) ? args : [])) {
    yield {
      ...hardcoded([...at, 'args', index], 'an argument that holds a credential'),
      hint: instead.args,
    }
  }
}
