import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Process tests start many Node processes: more workers than cores only makes them time out.
    maxWorkers: 2,
    // Of those that wait for a server that does not answer, all of a table.
    maxConcurrency: 20,
    pool: 'forks',
    reporters: ['default', './test/closing-line.ts'],
  },
})
