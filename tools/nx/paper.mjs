import { dirname } from 'node:path';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Nx plugin: gives every package tagged `layer:paper` its `reproduce` targets, and every package with a benchmark suite
 * its `bench` target, in one place.
 *
 * None is cached: a reproduction's own store decides what is recomputed, and a benchmark is a measurement. They depend on
 * the build of the app that runs them, so an edited claim is judged anew and `nx affected` sees it.
 *
 * @type {import('@nx/devkit').CreateNodes}
 */
export const createNodes = [
  'packages/*/package.json',
  (files, _options, context) =>
    files.flatMap((file) => {
      const root = dirname(file);
      const manifest = JSON.parse(readFileSync(join(context.workspaceRoot, file), 'utf8'));
      if (!manifest.nx?.tags?.includes('layer:paper')) return [];
      return [[file, { projects: { [root]: { root, targets: targetsOf(manifest.nx.name) } } }]];
    }),
];

/** @param {string} name project name, which is also what `assay run` takes */
function targetsOf(name) {
  const assay = (/** @type {string} */ options) => `node apps/reproduce/dist/cli.js run ${name} ${options}`;
  return {
    reproduce: {
      executor: 'nx:run-commands',
      cache: false,
      dependsOn: [{ projects: ['reproduce'], target: 'build' }],
      options: { command: assay('--tier quick'), cwd: '{workspaceRoot}' },
      configurations: {
        standard: { command: assay('--tier standard') },
        full: { command: assay('--tier full') },
      },
      metadata: { description: `Judges the claims of ${name} on this machine.` },
    },
    bench: {
      executor: 'nx:run-commands',
      cache: false,
      dependsOn: [{ projects: ['benchmarks'], target: 'build' }],
      options: { command: `node benchmarks/dist/main.js ${name}`, cwd: '{workspaceRoot}' },
      metadata: { description: `Times the kernels of ${name}.` },
    },
  };
}
