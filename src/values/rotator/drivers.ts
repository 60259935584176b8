/** Every rotation driver, loaded on use. */
import type { Driver } from './driver.ts'

export const DRIVERS: Readonly<Record<string, () => Promise<Driver>>> = {
  'aws-iam': async () => (await import('./drivers/aws-iam.ts')).driver,
  exec: async () => (await import('./drivers/exec.ts')).driver,
  'postgres-users': async () => (await import('./drivers/postgres-users.ts')).driver,
  'mysql-users': async () => (await import('./drivers/mysql-users.ts')).driver,
  mysql: async () => (await import('./drivers/mysql.ts')).driver,
  postgres: async () => (await import('./drivers/postgres.ts')).driver,
  rabbitmq: async () => (await import('./drivers/rabbitmq.ts')).driver,
  redis: async () => (await import('./drivers/redis.ts')).driver,
  guided: async () => (await import('./drivers/guided.ts')).driver,
  stripe: async () => (await import('./drivers/stripe.ts')).driver,
  generate: async () => (await import('./drivers/generate.ts')).driver,
}
