import { defineConfig } from 'vitest/config';

/**
 * The test settings every package shares: tests run from source through the `@assay-ml/source` export condition, so
 * they need no build.
 * @param {string} name the Nx project's name, shown in front of each test
 */
export function project(name) {
  const conditions = ['@assay-ml/source', 'module', 'node', 'import', 'default'];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      environment: 'node',
      pool: 'forks',
      maxWorkers: 2,
      passWithNoTests: true,
      testTimeout: 60_000,
    },
  });
}
