import { defineConfig } from 'vitest/config'
import { valueProcessesOfTheBuild } from './test/built.ts'

/** Folders whose tests start nothing and change nothing of their process: they share it. */
const PURE = ['alerts', 'config', 'findings', 'plan', 'policy', 'rotation', 'targets']
const OF_PURE = PURE.map((folder) => `test/${folder}/**/*.test.ts`)

export default defineConfig({
  plugins: [valueProcessesOfTheBuild],
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // One more than the cores that CI has, as tests also wait: for a grace, an outage, a server. Process
    // tests start many Node processes: still more would only make them time out.
    maxWorkers: 3,
    // Of those that wait for a server that does not answer, all of a table.
    maxConcurrency: 20,
    pool: 'forks',
    reporters: ['default', './test/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: OF_PURE, isolate: false },
      },
      {
        extends: true,
        test: { name: 'whole', include: ['test/**/*.test.ts'], exclude: OF_PURE },
      },
    ],
  },
})
