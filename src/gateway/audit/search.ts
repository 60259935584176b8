/** Looks for credentials in plain text: in the config, and in the files that it names. */
import { placeOf } from '../../config/problems.ts'
import { SecretRefError } from '../../errors.ts'
import type { LiteralFact } from '../../findings/judge/facts.ts'
import type { Finding } from '../../findings/types.ts'
import type { Home } from '../../state/home.ts'
import { scanFiles, type KnownValue } from '../scan/scanner.ts'
import type { AuditedConfig } from './open.ts'

/** A credential in the config itself, as `config check` finds it. */
export function literalsIn({ path, problems }: AuditedConfig): LiteralFact[] {
  return problems
    .filter(({ code }) => code === 'HARDCODED_CREDENTIAL')
    .map(({ message, severity, at, line, column }) => ({
      message,
      severity,
      kind: message,
      place: {
        file: path,
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
        at: placeOf(at),
      },
    }))
}

export interface Searched {
  literals: LiteralFact[]
  /** What was not searched; never worse than a note: what a run needs is resolved all the same. */
  notes: Finding[]
}

/** In a process of the value wing. @param paths absolute; regular files */
export async function searchFiles(
  paths: readonly string[],
  home: Home,
  known: readonly KnownValue[],
): Promise<Searched> {
  if (paths.length === 0) return { literals: [], notes: [] }
  try {
    const found = await scanFiles(paths, { home, all: true, known })
    return {
      literals: found.filter(isCredential).flatMap(literalsOf),
      // A program that is no text, or too long for one, is no place where people write credentials.
      notes: found.filter(({ code }) => code === 'unreadable').map(asNote),
    }
  } catch (error) {
    return { literals: [], notes: [notLookedAt(error, paths, 'run `secretref scan` on them')] }
  }
}

function literalsOf({ message, severity, places, targets }: Finding): LiteralFact[] {
  const kind = targets?.join(' or ') ?? message
  return places.map((place) => ({ message, severity, kind, place }))
}

function isCredential({ code }: Finding): boolean {
  return code === 'credential' || code === 'known-value'
}

function asNote(finding: Finding): Finding {
  return { ...finding, code: 'skipped', severity: 'note' }
}

/** @param otherwise the hint where the error has none @throws what is no failure of ours */
export function notLookedAt(error: unknown, paths: readonly string[], otherwise: string): Finding {
  if (!(error instanceof SecretRefError)) throw error
  const { message, hint = otherwise } = error
  const places = paths.map((file) => ({ file }))
  return { code: 'skipped', severity: 'note', message, hint, places }
}
