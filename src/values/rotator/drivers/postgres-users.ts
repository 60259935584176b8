/**
 * `postgres-users`: two users with the same rights, of which one is used. The idle one gets a new password
 * and becomes the used one; the other keeps working until it is retired, so nobody loses access.
 */
import type { Driver } from '../driver.ts'
import { tlsOptions } from './database/tls.ts'
import { twoUsers, usersOption } from './database/users.ts'
import { postgres } from './postgres/database.ts'

export const driver: Driver = {
  spec: {
    type: 'postgres-users',
    class: 'slots',
    summary:
      'Two PostgreSQL users with the same rights, used in turn, so that nobody notices. The ref holds `postgresql://user:password@host:port/database`. Run: npm install pg.',
    options: {
      type: 'object',
      properties: { users: usersOption(63), ...tlsOptions },
      required: ['users'],
      additionalProperties: false,
    },
  },
  open: async (options, ctx) => twoUsers(postgres(options, ctx), options['users'], ctx),
}
