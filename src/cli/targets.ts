import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

export async function targetsList(_io: Io, _options: object): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}

export async function targetsShow(_io: Io, _id: string, _options: object): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
