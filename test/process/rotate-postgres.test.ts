/** The short form of test/soak/rotate-postgres.test.ts. */
import { test } from 'vitest'
import { postgresBin } from '../servers/postgres.ts'
import { MOST_MS, rotateUnderAgent } from './two-users.ts'

const bin = postgresBin('rotation under an agent that signs in all the time')
/** There and back again. */
const ROTATIONS = 2
/** Longer than a rewrite takes on a busy machine. */
const GRACE = { grace: '4s' }

test.skipIf(bin === undefined)(
  'an agent that signs in a hundred times a second does not notice that its password is rotated',
  async () => {
    await rotateUnderAgent(bin ?? '', ROTATIONS, GRACE)
  },
  (ROTATIONS + 2) * MOST_MS,
)
