import { SecretRefError } from '../errors.ts'
import type { Io } from './io.ts'

export async function secretsVerify(_io: Io, _options: object): Promise<number> {
  throw new SecretRefError('UNSUPPORTED', 'this is not in this version')
}
