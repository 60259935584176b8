/**
 * stripe-mock, Stripe's own server, which checks every request against Stripe's OpenAPI description:
 * https://github.com/stripe/stripe-mock
 */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const BINARY = process.env['STRIPE_MOCK'] ?? 'stripe-mock'

export const isStripeMockThere = spawnSync(BINARY, ['-version']).status === 0

/** @returns its URL; it goes with the test */
export async function stripeMock(): Promise<string> {
  const child = spawn(BINARY, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error('stripe-mock ended')))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, address] = /HTTP at address: (\S+)/.exec(line) ?? []
      if (address !== undefined) resolve(`http://${address}`)
    })
  })
}
