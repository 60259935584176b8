/** Starts a stand-in as a process of its own and listens to what it says. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { digestOf } from '../services/keys.ts'
import type { ServiceEvent } from '../services/serve.ts'
import { EXAMPLES } from './stage.ts'

export interface StandIn {
  url: string
  events: readonly ServiceEvent[]
  stop(): void
}

/**
 * @param name the file in `services/` without its ending
 * @param keys what it accepts; it is told the digests alone
 * @throws an Error with a sentence when it does not come up
 */
export async function startStandIn(
  name: 'stripe' | 'slack',
  ...keys: readonly string[]
): Promise<StandIn> {
  const file = join(EXAMPLES, 'payment-analyst', 'services', `${name}.ts`)
  const child = spawn(process.execPath, [file], {
    env: {},
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.write(`${JSON.stringify({ valid: keys.map(digestOf) })}\n`)
  const events: ServiceEvent[] = []
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`the ${name} stand-in did not start`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: ServiceEvent = JSON.parse(line)
      events.push(event)
      if (event.event === 'listening') resolve(event.url)
    })
  })
  return { url, events, stop: () => child.stdin.end() }
}
