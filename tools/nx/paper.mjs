import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Nx plugin: gives every paper (`layer:paper`) and every reproduction (`layer:reproduction`) its `reproduce` target, and
 * papers their `bench`, in one place.
 *
 * A reproduction says by a tag, `paper:theory-sim`, whose claims it judges; `theory-sim:reproduce` runs all of that paper's.
 * Both depend on the build of the command line and of what they run, and on no other reproduction. None is cached: a
 * reproduction's own store decides what is recomputed, and a benchmark is a measurement.
 *
 * @type {import('@nx/devkit').CreateNodes}
 */
export const createNodes = [
  '{packages/*,apps/reproductions/*}/package.json',
  (files, _options, { workspaceRoot }) => {
    const reproductions = byPaper(
      files.filter((file) => file.startsWith('apps/reproductions/')),
      workspaceRoot,
    );
    return files.flatMap((file) => {
      const root = dirname(file);
      const { nx, assay } = manifestOf(join(workspaceRoot, root));
      const targets = nx?.tags?.includes('layer:paper')
        ? { reproduce: reproduce(nx.name, reproductions.get(`paper:${nx.name}`) ?? []), bench: bench(nx.name) }
        : nx?.tags?.includes('layer:reproduction')
          ? { reproduce: reproduce(assay.key, [nx.name]) }
          : null;
      return targets === null ? [] : [[file, { projects: { [root]: { root, targets } } }]];
    });
  },
];

/** @param {string} folder */
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/**
 * Names of the reproductions of each paper, by tag.
 * @param {readonly string[]} files their manifests
 * @param {string} workspaceRoot
 */
function byPaper(files, workspaceRoot) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const file of files) {
    const { name, tags } = manifestOf(join(workspaceRoot, dirname(file))).nx;
    const tag = tags.find((/** @type {string} */ one) => one.startsWith('paper:'));
    found.set(tag, [...(found.get(tag) ?? []), name].sort());
  }
  return found;
}

/**
 * @param {string} name what `assay run` takes
 * @param {readonly string[]} reproductions whose builds it needs
 */
function reproduce(name, reproductions) {
  const assay = (/** @type {string} */ options) => `node apps/assay/dist/cli.js run ${name} ${options}`;
  return {
    executor: 'nx:run-commands',
    cache: false,
    dependsOn: [{ projects: ['assay', ...reproductions], target: 'build' }],
    // Quick is for everybody: the same backend, so the same numbers and hash, whatever else is set up.
    options: { command: assay('--tier quick --backend wasm'), cwd: '{workspaceRoot}' },
    configurations: {
      standard: { command: assay('--tier standard') },
      full: { command: assay('--tier full') },
    },
    metadata: { description: `Judges the claims of ${name} on this machine.` },
  };
}

/** @param {string} name */
function bench(name) {
  return {
    executor: 'nx:run-commands',
    cache: false,
    dependsOn: [{ projects: ['benchmarks'], target: 'build' }],
    options: { command: `node benchmarks/dist/main.js ${name}`, cwd: '{workspaceRoot}' },
    metadata: { description: `Times the kernels of ${name}.` },
  };
}
