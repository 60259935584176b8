import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

export async function scan(_io: Io, _paths: readonly string[], _options: object): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
