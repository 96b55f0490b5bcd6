import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Nx plugin: gives every package tagged `layer:paper` its `reproduce` and `bench` targets, in one place.
 *
 * None is cached: a reproduction's own store decides what is recomputed, and a benchmark is a measurement. They depend on
 * the build of the app that runs them, so an edited claim is judged anew. Claims live in the app and papers do not depend
 * on it: for `nx affected -t reproduce` to see an edited claim, the app has a `reproduce` target too, that of every paper.
 *
 * @type {import('@nx/devkit').CreateNodes}
 */
export const createNodes = [
  '{packages/*,apps/reproduce}/package.json',
  (files, _options, context) =>
    files.flatMap((file) => {
      const root = dirname(file);
      const manifest = JSON.parse(readFileSync(join(context.workspaceRoot, file), 'utf8'));
      const paper = manifest.nx?.tags?.includes('layer:paper');
      if (!paper && manifest.nx?.name !== 'reproduce') return [];
      const targets = paper ? targetsOf(manifest.nx.name) : { reproduce: ALL };
      return [[file, { projects: { [root]: { root, targets } } }]];
    }),
];

/** Every paper's. @type {import('@nx/devkit').TargetConfiguration} */
const ALL = {
  executor: 'nx:noop',
  cache: false,
  dependsOn: [{ projects: ['tag:layer:paper'], target: 'reproduce' }],
  metadata: { description: 'Judges the claims of every paper on this machine.' },
};

/** @param {string} name project name, which is also what `assay run` takes */
function targetsOf(name) {
  const assay = (/** @type {string} */ options) => `node apps/reproduce/dist/cli.js run ${name} ${options}`;
  return {
    reproduce: {
      executor: 'nx:run-commands',
      cache: false,
      dependsOn: [{ projects: ['reproduce'], target: 'build' }],
      // Quick is for everybody: the same backend, so the same numbers and hash, whatever else is set up.
      options: { command: assay('--tier quick --backend wasm'), cwd: '{workspaceRoot}' },
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
