/**
 * `mysql-users`: two users of MySQL or MariaDB with the same rights, of which one is used. The idle one
 * gets a new password and becomes the used one; the other keeps working until it is retired.
 */
import type { Driver } from '../driver.ts'
import { twoUsers, usersOption } from './database/users.ts'
import { mysql, mysqlOptions } from './mysql/database.ts'

export const driver: Driver = {
  spec: {
    type: 'mysql-users',
    class: 'slots',
    summary:
      'Two MySQL or MariaDB users with the same rights, used in turn, so that nobody notices. The ref holds `mysql://user:password@host:port/database`. Run: npm install mysql2.',
    options: {
      type: 'object',
      // MariaDB's own limit; MySQL's is 32.
      properties: { users: usersOption(128), ...mysqlOptions },
      required: ['users'],
      additionalProperties: false,
    },
  },
  open: async (options, ctx) => twoUsers(mysql(options, ctx), options['users'], ctx),
}
