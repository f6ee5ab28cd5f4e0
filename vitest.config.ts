import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@entwine/source', 'module', 'node', 'development|production'] };

export default defineConfig({
  ssr: { resolve },
  test: {
    // Most of what integration tests do is waiting for servers: two files at a time, on one core as on many.
    maxWorkers: 2,
    projects: [
      {
        ssr: { resolve },
        test: {
          name: 'unit',
          setupFiles: ['test/support/property-seed.ts'],
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.integration.test.ts'],
        },
      },
      {
        ssr: { resolve },
        test: {
          name: 'integration',
          setupFiles: ['test/support/property-seed.ts'],
          include: [
            'packages/*/src/**/*.integration.test.ts',
            'apps/*/src/**/*.integration.test.ts',
            'test/**/*.integration.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
