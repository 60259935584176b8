/** Gateways that serve several agents, for the tests of `gateway run`. */
import { join } from 'node:path'
import { makeWorld, start, until, type Running, type World } from './support.ts'

const AGENT = join(import.meta.dirname, 'agent.ts')
export const LISTENS = [process.execPath, AGENT]

/** Agents by name, each with a credential of its own unless it says otherwise. */
export function worldOf(agents: Record<string, object>): World {
  const secrets = Object.fromEntries(
    Object.keys(agents).map((name) => [name, `fake-value-${name}`]),
  )
  return makeWorld({
    config: {
      secrets: { providers: { file: {} } },
      agents: Object.fromEntries(
        Object.entries(agents).map(([name, fields]) => [
          name,
          {
            'tool-bindings': { t: { required: true, credentials: { c: { secretRef: name } } } },
            ...fields,
          },
        ]),
      ),
    },
    secrets,
  })
}

export function needs(ref: string): object {
  return { t: { required: true, credentials: { c: { secretRef: ref } } } }
}

export function serve(world: World, ...args: string[]): Running {
  return start(world, ['gateway', 'run', '--config', world.config, ...args], {
    through: ['setsid'],
  })
}

export function sh(script: string): string[] {
  return ['/bin/sh', '-c', script]
}

/** The exit code of a gateway that served two. */
export async function codeOf(first: string[], second: string[]): Promise<number | null> {
  const world = worldOf({ first: { command: first }, second: { command: second } })
  return (await serve(world).ended).code
}

export async function saidOnStderr(running: Running, pattern: RegExp): Promise<void> {
  await until(String(pattern), () => pattern.test(running.soFar().err))
}
