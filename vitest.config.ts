import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@entwine/source', 'module', 'node', 'development|production'] };

export default defineConfig({
  ssr: { resolve },
  test: {
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
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
