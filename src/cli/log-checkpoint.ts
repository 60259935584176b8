import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

export async function logCheckpoint(_io: Io): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}

export async function logKey(_io: Io): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
