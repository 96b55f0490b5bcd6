/** What the engine `blas` computes with kernels for other processors, which a process chooses once: of the built package. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { useEngine } from '@assay-ml/numerics/engine';
import { expect, it } from 'vitest';

/** The folder of this package: a script there finds it and others by name, as they are built. */
const cwd = fileURLToPath(new URL('..', import.meta.url));
const built = existsSync(join(cwd, 'dist', 'index.js'));
const { name, why } = useEngine('auto');
useEngine();

interface Trained {
  readonly core: string;
  /** Of each parameter in turn, after two steps. */
  readonly velocity: number[];
}

/** Trains in a process of its own, with the kernels for a processor. */
async function trained(network: string, core: string): Promise<Trained> {
  const source = `
    import { stream } from '@assay-ml/numerics';
    import { useBackend } from '@assay-ml/tensors';
    import * as networks from '@assay-ml/networks';
    const { engine } = await useBackend('wasm', { engine: 'blas' });
    const network = networks.${network};
    const count = 32;
    const side = network.inputShape.reduce((size, n) => size * n, count);
    const x = Float32Array.from(stream(5, 'examples').fillNormal(new Float64Array(side)));
    const y = Int32Array.from({ length: count }, (_, i) => i % 10);
    const batches = () => [{ x, y }, { x, y }];
    const rule = { epochs: 1, rate: 0.01, momentum: 0.9, weightDecay: 5e-4 };
    const { optimiser } = await networks.train(network, networks.initialise(network), batches, rule);
    const velocity = optimiser.velocity.flatMap((t) => [...t.dataSync()]);
    console.log(JSON.stringify({ core: engine.core, velocity }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
    cwd,
    env: { ...process.env, ...(core !== '' && { OPENBLAS_CORETYPE: core }) },
    timeout: 60_000,
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout.slice(stdout.indexOf('{"core"'))) as Trained;
}

const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
const largest = (values: readonly number[]) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

const skipped = name === 'wasm' ? why : 'skipped before a build and on other processors than x64';
it.skipIf(!built || name === 'wasm' || process.arch !== 'x64').each([
  ['mlp', 'mlp({ inputs: 64, hidden: [256, 256, 256], classes: 10 })'],
  ['vggMini', 'vggMini({ inputs: [16, 16, 3], classes: 10 })'],
])(
  `two steps of %s are as near with kernels for other processors as the README says (${skipped})`,
  async (_, network) => {
    const results: Trained[] = [];
    for (const core of ['', 'Haswell', 'Nehalem']) results.push(await trained(network, core));
    const [own, haswell, nehalem] = results as [Trained, Trained, Trained];
    expect([haswell.core, nehalem.core]).toEqual(['Haswell', 'Nehalem']);
    expect(haswell.velocity).not.toEqual(nehalem.velocity);
    // prettier-ignore
    for (const [x, y] of [[haswell, nehalem], [own, haswell], [own, nehalem]] as const) {
      expect(Math.abs(norm(x.velocity) / norm(y.velocity) - 1)).toBeLessThan(3e-8);
      expect(largest(x.velocity.map((v, i) => v - y.velocity[i]!)) / largest(y.velocity)).toBeLessThan(1e-6);
    }
  },
  180_000,
);
