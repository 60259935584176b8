/**
 * `mysql`: the password of one user of MySQL or MariaDB. From the moment that it is set, the one before is
 * dead; whoever must not notice takes `mysql-users`. mysql/database.ts says how it is set.
 */
import type { Driver } from '../driver.ts'
import { oneUser } from './database/users.ts'
import { mysql, mysqlOptions } from './mysql/database.ts'

export const driver: Driver = {
  spec: {
    type: 'mysql',
    class: 'chosen',
    summary:
      'The password of one MySQL or MariaDB user; the one before is dead at once. The ref holds `mysql://user:password@host:port/database`. Run: npm install mysql2.',
    options: { type: 'object', properties: mysqlOptions, additionalProperties: false },
  },
  open: async (options, ctx) => oneUser(mysql(options, ctx), ctx),
}
