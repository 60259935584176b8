/** `--secrets-ref` and `--env`: a run that narrows an agent's bindings and renames its variables. Pure. */
import { fileVariableOf } from '../config/accessors.ts'
import { VARIABLE } from '../config/names.ts'
import { refusalOf } from '../config/variables.ts'
import { SecretRefError } from '../errors.ts'
import { didYouMean, quoted } from './known.ts'
import type { PlannedBinding } from './types.ts'

export interface Narrowed {
  bindings: readonly PlannedBinding[]
  skipped: readonly PlannedBinding[]
}

/**
 * Keeps the bindings whose ref is among `refs` (all, where it is undefined).
 * @throws {SecretRefError} REF_NOT_BOUND for a ref that the agent has no binding for.
 */
export function narrow(
  agent: string,
  all: readonly PlannedBinding[],
  refs: readonly string[] | undefined,
): Narrowed {
  if (refs === undefined) return { bindings: all, skipped: [] }
  const bound = new Set(all.map(({ ref }) => ref))
  for (const ref of refs) {
    if (!bound.has(ref)) {
      throw new SecretRefError(
        'REF_NOT_BOUND',
        `agent "${agent}" has no tool binding for ref ${quoted(ref)}`,
        {
          hint: didYouMean(ref, [...bound], `refs that "${agent}" is bound to`),
          scope: 'ref',
        },
      )
    }
  }
  const wanted = new Set(refs)
  return {
    bindings: all.filter(({ ref }) => wanted.has(ref)),
    skipped: all.filter(({ ref }) => !wanted.has(ref)),
  }
}

/**
 * Gives each ref of `refs` the variable at its position in `names`; `bindings` are those of `refs`.
 * @throws {SecretRefError} USAGE where the pairing is not one to one, or a name may not be used.
 */
export function rename(
  bindings: readonly PlannedBinding[],
  refs: readonly string[] | undefined,
  names: readonly string[],
): PlannedBinding[] {
  if (refs === undefined || refs.length !== names.length) {
    const counts = `${refs?.length ?? 0} and ${names.length}`
    throw new SecretRefError(
      'USAGE',
      `--secrets-ref and --env pair by position, but have ${counts}`,
      {
        hint: 'name one variable for each ref, in the same order',
      },
    )
  }
  const named = new Map<string, string>()
  for (const [index, ref] of refs.entries()) {
    if (named.has(ref) || bindings.filter((binding) => binding.ref === ref).length > 1) {
      throw new SecretRefError(
        'USAGE',
        `--env cannot rename ref ${quoted(ref)}, which stands there twice`,
        {
          hint: 'leave --env out; each of its slots has a variable of its own',
        },
      )
    }
    named.set(ref, allowed(names[index] ?? '', index))
  }
  const renamed = bindings.map((binding) => ({
    ...binding,
    envVar: named.get(binding.ref) ?? binding.envVar,
  }))
  refuseTwice(renamed)
  return renamed
}

function allowed(name: string, index: number): string {
  if (!VARIABLE.test(name)) {
    // Not quoted: who is used to `docker run --env NAME=VALUE` has typed a value here.
    throw new SecretRefError('USAGE', `--env: number ${index + 1} is no name for a variable`, {
      hint: 'letters, digits and _, the first no digit; a name alone, never a value',
    })
  }
  const reason = refusalOf(name)
  if (reason !== undefined) {
    throw new SecretRefError('USAGE', `--env: ${name} is refused: it ${reason}`, {
      hint: 'choose another name',
    })
  }
  return name
}

function refuseTwice(bindings: readonly PlannedBinding[]): void {
  const taken = new Set<string>()
  for (const { envVar, delivery } of bindings) {
    for (const name of delivery === 'file' ? [envVar, fileVariableOf(envVar)] : [envVar]) {
      if (taken.has(name)) {
        throw new SecretRefError('USAGE', `--env: ${name} would be set twice`, {
          hint: 'give each ref a variable of its own',
        })
      }
      taken.add(name)
    }
  }
}
