/**
 * `npm run soak [-- --minutes N] [-- --seed N] [-- NAME…]`: the soaks in `test/soak/`, one after the other,
 * ten minutes each. What a seed decides is the same in each run with it; what the machine decides is not.
 */
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
  allowPositionals: true,
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
if (!(minutes >= 0.25 && minutes <= 24 * 60) || !Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write('--minutes is a number from 0.25 to 1440, --seed a whole number\n')
  process.exit(2)
}
process.stdout.write(
  `soak: ${minutes} minutes each, seed ${seed} (again: npm run soak -- --minutes ${minutes} --seed ${seed})\n`,
)
const files = positionals.length === 0 ? ['test/soak/'] : positionals.map((n) => `test/soak/${n}`)
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', '--maxWorkers=1', ...files], {
  stdio: 'inherit',
  env: {
    ...process.env,
    SECRETREF_SOAK_SECONDS: String(Math.round(minutes * 60)),
    SECRETREF_SOAK_SEED: String(seed),
  },
})
process.exit(status ?? 1)
