/**
 * An agent that signs in to PostgreSQL a hundred times a second, by a file that is rewritten for it, sees no
 * failure across the rotations of two users: fifty in ten minutes, or as many as `SECRETREF_SOAK` says.
 */
import { test } from 'vitest'
import { MOST_MS, rotateUnderAgent } from '../process/two-users.ts'
import { postgresBin } from '../servers/postgres.ts'
import { loudly } from '../values/loud.ts'

const NAME = 'an agent does not notice that its password is rotated'
/** Without a grace in the config the old one lives on for ten seconds at least. */
const EACH_SECONDS = 12

const seconds = Number(process.env['SECRETREF_SOAK_SECONDS'] ?? 0)
const rotations = Number(process.env['SECRETREF_SOAK'] ?? Math.floor(seconds / EACH_SECONDS))

if (rotations === 0) {
  loudly(NAME, 'it takes minutes: npm run soak -- rotate-postgres.test.ts')
  test.skip(NAME)
} else {
  const bin = postgresBin(NAME)
  test.skipIf(bin === undefined)(
    NAME,
    async () => {
      const counted = await rotateUnderAgent(bin ?? '', rotations)
      process.stdout.write(`${rotations} rotations: ${JSON.stringify(counted)}\n`)
    },
    (rotations + 2) * MOST_MS,
  )
}
