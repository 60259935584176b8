/**
 * `npm run soak [-- --minutes N --seed N NAME…]`: the soaks in `test/soak/`, one after the other, ten
 * minutes each where nobody says how many; one that ends by itself then goes on until it has. What a seed
 * decides is the same in each run with it; what the machine decides is not.
 */
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

interface Asked {
  minutes: number
  seed: number
  /** Nobody has said how many minutes. */
  inFull: boolean
  /** Of files in `test/soak/`, or how they begin; none: all. */
  names: readonly string[]
}

/** `undefined` for words that it does not know. */
function asked(): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      options: { minutes: { type: 'string' }, seed: { type: 'string' } },
      allowPositionals: true,
    })
    const minutes = Number(values.minutes ?? 10)
    const seed = Number(values.seed ?? randomInt(2 ** 31))
    const known = minutes >= 0.25 && minutes <= 1440 && Number.isSafeInteger(seed)
    return known
      ? { minutes, inFull: values.minutes === undefined, seed, names: positionals }
      : undefined
  } catch {
    return undefined
  }
}

function soak({ minutes, inFull, seed, names }: Asked): number {
  const again = `npm run soak -- ${inFull ? '' : `--minutes ${minutes} `}--seed ${seed}`
  process.stdout.write(`soak: ${minutes} minutes each, seed ${seed} (again: ${again})\n`)
  const files = names.length === 0 ? ['test/soak/'] : names.map((name) => `test/soak/${name}`)
  const { status } = spawnSync(
    'npx',
    ['--no-install', 'vitest', 'run', '--maxWorkers=1', ...files],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        SECRETREF_SOAK_SECONDS: String(Math.round(minutes * 60)),
        SECRETREF_SOAK_SEED: String(seed),
        ...(inFull ? { SECRETREF_SOAK_IN_FULL: '1' } : {}),
      },
    },
  )
  return status ?? 1
}

const wanted = asked()
if (wanted === undefined) {
  process.stderr.write(
    'usage: npm run soak -- [--minutes N] [--seed N] [NAME…], N minutes from 0.25 to 1440\n',
  )
  process.exit(2)
}
process.exit(soak(wanted))
