import { SecretRefError } from '../errors.ts'
import type { Query } from '../audit/query.ts'
import type { Io } from './io.ts'

export interface ExportOptions extends Query {
  file?: string
  format: 'csv' | 'jsonl'
}

export async function logExport(_io: Io, _options: ExportOptions): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
