/**
 * `postgres`: the password of one user. From the moment that it is set, the one before is dead; whoever
 * must not notice takes `postgres-users`.
 */
import type { Driver } from '../driver.ts'
import { tlsOptions } from './database/tls.ts'
import { oneUser } from './database/users.ts'
import { postgres } from './postgres/database.ts'

export const driver: Driver = {
  spec: {
    type: 'postgres',
    class: 'chosen',
    summary:
      'The password of one PostgreSQL user; the one before is dead at once. The ref holds `postgresql://user:password@host:port/database`. Run: npm install pg.',
    options: { type: 'object', properties: tlsOptions, additionalProperties: false },
  },
  open: async (options, ctx) => oneUser(postgres(options, ctx), ctx),
}
