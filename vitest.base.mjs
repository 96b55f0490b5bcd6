import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Nx sets it for its tasks; a process that a test starts would then colour what the test compares.
delete process.env['FORCE_COLOR'];

/** WebGPU without a GPU: the software adapter that Debian's chromium brings, to be named to the Vulkan loader. */
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const env = !process.env['VK_ICD_FILENAMES'] && existsSync(swiftshader) ? { VK_ICD_FILENAMES: swiftshader } : {};

/**
 * The test settings every package shares: tests run from source through the `@assay-ml/source` export condition, so
 * they need no build.
 * @param {string} name the Nx project's name, shown in front of each test
 */
export function project(name) {
  // Without `import`, which holds for imports anyway: Node is told these too, and its require() would then take
  // the ES modules of packages that have both.
  const conditions = ['@assay-ml/source', 'module', 'node'];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      environment: 'node',
      env,
      pool: 'forks',
      maxWorkers: 2,
      passWithNoTests: true,
      // For what hangs: how long a test takes is the machine’s matter.
      testTimeout: 300_000,
      hookTimeout: 300_000,
    },
  });
}
