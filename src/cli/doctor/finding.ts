/** What `doctor` says about one thing. */
import type { SecretRefError } from '../../errors.ts'
import type { Sign } from '../../gateway/status.ts'

export interface Finding {
  /** What was looked at: `node`, `audit log`. */
  check: string
  /** `bad` stops something from working; `attention` is to be known; `none` is not there yet. */
  sign: Sign
  message: string
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

export function badBy(check: string, { message, hint }: SecretRefError): Finding {
  return { check, sign: 'bad', message, ...(hint === undefined ? {} : { hint }) }
}
