/** What `doctor` says about one thing. */
import { errnoOf, SecretRefError, type Code } from '../../errors.ts'
import type { Sign } from '../../gateway/status.ts'

export interface Finding {
  /** What was looked at: `node`, `audit log`. */
  check: string
  /** `bad` stops something from working; `attention` is to be known; `none` is not there yet. */
  sign: Sign
  message: string
  /** What a start would end with. */
  code?: Code
  /** How to mend it; there for everything that is not good. */
  hint?: string
}

export function good(check: string, message: string): Finding {
  return { check, sign: 'good', message }
}

export function none(check: string, message: string): Finding {
  return { check, sign: 'none', message }
}

export function attention(check: string, message: string, hint: string): Finding {
  return { check, sign: 'attention', message, hint }
}

export function bad(check: string, message: string, hint: string): Finding {
  return { check, sign: 'bad', message, hint }
}

export function badBy(check: string, { message, code, hint }: SecretRefError): Finding {
  return { check, sign: 'bad', message, code, ...(hint === undefined ? {} : { hint }) }
}

/** One check alone: that it could not be made is a finding too, and the others are made. */
export async function isolated(
  check: string,
  work: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SecretRefError) return [badBy(check, error)]
    const why = errnoOf(error) ?? (error instanceof Error ? error.name : 'no reason')
    return [
      bad(
        check,
        `it could not be checked (${why})`,
        'check the paths and modes of what it looks at',
      ),
    ]
  }
}
