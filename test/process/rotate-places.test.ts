/** One place of one store, named by several environments and configs of one home: one rotates it at a time. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { DriverClass } from '../../src/rotation/types.ts'
import { FIRST, inStaging, REF, rotating, type Rotating } from './rotating.ts'
import { environment, eventsOf, PRINT_ENVIRONMENT, run, runAgent, type Ended } from './support.ts'

const ROTATE = ['secrets', 'rotate', '--ref', REF, '--force']
const BUSY_MS = 1000

async function current({ world }: Rotating): Promise<string | undefined> {
  const { stdout } = await runAgent(world, PRINT_ENVIRONMENT)
  return environment(stdout).get('API_KEY')?.toString()
}

const lived = ({ issuer }: Rotating): string[] => issuer.live.map(({ value }) => value)
const begun = ({ world }: Rotating): number =>
  eventsOf(world).filter((event) => event === 'rotation.begun').length

function inOther({ world }: Rotating): string[] {
  return ['--config', world.write('other.json', readFileSync(world.config), 0o600)]
}
function inTheStaging({ world }: Rotating): string[] {
  return ['--config', world.config, '--environment', 'staging']
}

/** To make or set one takes the service a while, so that two which do not wait for each other meet. */
async function slow(kind: DriverClass): Promise<Rotating> {
  const one = await rotating(kind, { grace: '1s' })
  inStaging(one)
  one.issuer = { ...one.issuer, busy: { create: BUSY_MS, set: BUSY_MS } }
  return one
}

test.each([
  ['environments', 'chosen', inTheStaging],
  ['configs', 'issued', inOther],
] as const)(
  'two %s at the same moment (%s): one waits for the other, and the service takes what is current',
  async (_, kind, elsewhere) => {
    const one = await slow(kind)
    const { world } = one
    const both = await Promise.all(
      [['--config', world.config], elsewhere(one)].map((of): Promise<Ended> =>
        run(world, [...ROTATE, ...of], { timeoutMs: 60_000 }),
      ),
    )
    for (const { code, out } of both) {
      expect({ code, out }).toEqual({
        code: 0,
        out: expect.stringMatching(/rotated, version/),
      })
    }
    expect(both.filter(({ err }) => /rotates it; waiting/.test(err))).toHaveLength(1)
    expect(begun(one)).toBe(1)
    expect(lived(one)).toEqual([await current(one)])
    expect(lived(one)).not.toContain(FIRST)
  },
  60_000,
)
