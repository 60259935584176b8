/** A record of the usual size: about 500 bytes as a line. */
import type { Entry } from '../src/audit/record.ts'

export const sample: Entry = {
  event: 'grant.released',
  actor: { type: 'user', id: 'bench', run: '01JD000000000000', pid: process.pid, uid: 1000 },
  agent: 'payment-analyst',
  tool: 'stripe',
  ref: 'stripe-api-key',
  envVar: 'STRIPE_API_KEY',
  provider: 'file',
  target: 'stripe',
  environment: 'production',
  decision: 'allow',
  delivery: 'env',
  secret: { fingerprint: 'hmac-sha256:0000000000000000', expiresAt: '2027-03-08T00:00:00Z' },
  ms: 3,
}
