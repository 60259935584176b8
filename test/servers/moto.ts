/** A real moto, the server that answers as AWS does: Secrets Manager and Systems Manager, in memory. */
import { spawn, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { loudly } from '../values/loud.ts'
import { freePort } from './free-port.ts'

/** The binary: `$MOTO_SERVER`, which `.ci/run` sets, else `moto_server` on PATH; undefined, with one loud line, where there is none. */
export function moto(suite: string): string | undefined {
  const stated = process.env['MOTO_SERVER']
  if (stated !== undefined) return stated
  const found = spawnSync('which', ['moto_server'], { stdio: 'ignore' }).status === 0
  if (found) return 'moto_server'
  loudly(
    suite,
    'no moto: set $MOTO_SERVER to its moto_server (PyPI: moto[secretsmanager,ssm,server])',
  )
  return undefined
}

export interface Moto {
  endpoint: string
  /** Forgets all that was stored. */
  reset(): Promise<void>
  stop(): Promise<void>
}

/** Credentials that moto takes, as it takes any; made up. */
export const AWS_ENVIRONMENT: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: ['fake', 'access', 'key'].join('-'),
  AWS_SECRET_ACCESS_KEY: ['fake', 'secret', 'access', 'key'].join('-'),
  AWS_REGION: 'eu-central-1',
  // No test asks the machine that it runs on who it is.
  AWS_EC2_METADATA_DISABLED: 'true',
}

/** @param binary what `moto` found */
export async function startMoto(binary: string): Promise<Moto> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn(binary, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '' },
  })
  let failed = false
  child.once('error', () => (failed = true))
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const reset = async (): Promise<void> => {
    await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' })
  }
  for (let i = 0; ; i += 1) {
    const up = await reset().then(
      () => true,
      () => false,
    )
    if (up) break
    if (i > 400 || failed || child.exitCode !== null) throw new Error('moto did not start')
    await sleep(50)
  }
  return {
    endpoint,
    reset,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
