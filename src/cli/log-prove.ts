import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

export async function logProve(_io: Io, _seq: number): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}

export async function logVerifyProof(_io: Io, _file: string, _options: object): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
