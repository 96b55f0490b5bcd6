/**
 * The built cells in worker processes: however many work, the hash is one. `nx test` builds them first; without a build
 * there is nothing to run.
 */
import { localExecutor, runReproduction, type Experiment, type Reproduction } from '@assay-ml/claims';
import { useBackend } from '@assay-ml/tensors';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { TrainingConfig } from '../src/cells/training.js';

const built = new URL('../dist/index.js', import.meta.url);

/** Four trainings of quick's experiment on a tenth of its points, in an epoch. */
function small({ experiments, ...all }: Reproduction): Reproduction {
  const mlp = experiments.find(({ id }) => id === 'mlp')!;
  const cells: Experiment['cells'] = (tier) =>
    mlp
      .cells(tier, 1)
      .slice(0, 4)
      .map(({ config, seed }) => ({
        config: { ...(config as TrainingConfig), train: 320, scoring: 100, epochs: 1 },
        seed,
      }));
  return { ...all, experiments: [{ ...mlp, cells }], claims: [] };
}

for (const name of ['wasm', 'tensorflow'] as const) {
  const reason = existsSync(built) ? await useBackend(name).then(() => '', ({ message }: Error) => message) : 'not built'; // prettier-ignore

  it.skipIf(reason !== '')(`1, 2 and 4 workers give one hash on ${name}${reason && ` (skipped: ${reason})`}`, async () => {
    const { default: ftsPrune } = (await import(built.href)) as { default: Reproduction };
    const hashes = [];
    for (const jobs of [1, 2, 4]) {
      const folder = mkdtempSync(join(tmpdir(), 'assay-workers-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const { records, resultHash } = await runReproduction(small(ftsPrune), {
        tier: 'quick',
        backend: { name, threads: 1 },
        folder,
        executor: localExecutor({ jobs }),
      });
      expect(records.map(({ status, error }) => error ?? status)).toEqual(Array.from({ length: 4 }, () => 'done'));
      hashes.push(resultHash);
    }
    expect(new Set(hashes).size, hashes.join(', ')).toBe(1);
  }); // prettier-ignore
}
