import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

export interface AuditOptions {
  config?: string
  secrets?: true
  unusedOnly?: true
  verbose?: true
  environment?: string
  /** Days. */
  expiring: number
  /** Days. */
  maxAge: number
  /** Days. */
  idle: number
  check?: true
  json?: true
  sarif?: true
}

export async function gatewayAudit(_io: Io, _options: AuditOptions): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
