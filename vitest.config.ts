import { defineConfig } from 'vitest/config'

export default defineConfig({
  ssr: { resolve: { conditions: ['holdfast-source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    // With every seed the model and the fault tests take minutes.
    testTimeout: process.env.HOLDFAST_FULL === undefined ? 30_000 : 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
