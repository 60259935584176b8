/**
 * `rabbitmq`: the password of one user of RabbitMQ. From the moment that it is set, the one before is dead
 * for connections that are opened anew; those that are open stay open.
 *
 * It is set by the management API, for which the one who does it, the `admin` or the user itself, needs the
 * tag `administrator`. The server is given a salted hash, made here: the password is in no request and in
 * no log. Whether it works is asked where the ref's own URL points: by AMQP, for which a user needs no tag
 * at all, or of the management API, where the URL is one of http.
 */
import type { Driver } from '../driver.ts'
import { tlsOptions } from './database/tls.ts'
import { oneUser } from './database/users.ts'
import { rabbitmq } from './rabbitmq/server.ts'

export const driver: Driver = {
  spec: {
    type: 'rabbitmq',
    class: 'chosen',
    summary:
      'The password of one RabbitMQ user; the one before is dead at once for new connections. The ref holds `amqp://user:password@host:port/vhost`, or `amqps:`, or a URL of the management API.',
    options: {
      type: 'object',
      properties: {
        management: {
          type: 'string',
          pattern: '^https?://',
          description:
            'Where the management API answers: https, or http to a loopback address by its number.',
        },
        ...tlsOptions,
      },
      required: ['management'],
      additionalProperties: false,
    },
  },
  open: async (options, ctx) => oneUser(rabbitmq(options, ctx), ctx),
}
