import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

export async function logFind(_io: Io, _options: object, _operands: number): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
