/** A start that stands still while its provider is at work, until the test lets it go on. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configOf, makeWorld, until, type World } from './support.ts'

export interface Vend {
  world: World
  /** There when the program has been asked; holds its pid. */
  asked: string
  /** The program answers when this file is there. */
  go: string
}

/** A world whose one provider is a program that tells when it was asked, and answers when it is told to. */
export function vendWorld(values: Readonly<Record<string, string>>): Vend {
  const world = makeWorld()
  const asked = join(world.dir, 'asked')
  const go = join(world.dir, 'go')
  const file = world.write('answer.json', JSON.stringify({ protocolVersion: 1, values }))
  const command = world.write(
    'program',
    `#!/bin/sh
echo $$ > '${asked}.new'
mv '${asked}.new' '${asked}'
while ! [ -e '${go}' ]; do sleep 0.02; done
exec cat '${file}'
`,
    0o700,
  )
  const vend = { type: 'exec', command, maxOutputBytes: 4_000_000, timeoutMs: 20_000 }
  world.writeConfig(configOf(Object.keys(values), {}, { vend }))
  return { world, asked, go }
}

export function untilAsked({ asked }: Vend): Promise<true> {
  return until('the provider is asked', () => existsSync(asked))
}

export function letGo({ go }: Vend): void {
  writeFileSync(go, '')
}
