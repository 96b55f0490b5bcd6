/**
 * One optimiser on one task: tuned on the cell's seed and those after it, then trained on fresh ones. All methods see the same
 * sentences, weights and mini-batches of a seed.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { compose, suggestClipLevel, type Method } from '@assay-ml/clip-adagrad';
import { useBackend, type BackendName } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { batchesOf, gradient, startOf, tested, training } from './classifier.js';
import { instance, type Instance, type Sizes, type Task } from './sentences.js';

export type TextConfig = Sizes & {
  readonly task: Task;
  readonly optimiser: 'Adam' | 'Clip-Adam' | 'AdaGrad' | 'Clip-AdaGrad';
  readonly batch: number;
  /** Step sizes tried. */
  readonly gammas: readonly number[];
  /** Levels tried by a clipped method, over the median norm of the seed's first gradients. */
  readonly levels: readonly number[];
  /** Seeds tuned on, from the cell's; those after them are trained. */
  readonly tuning: number;
  readonly reports: number;
};

/** Gradients that the levels are measured by. */
const FIRST = 20;
/** Validations along a training. */
const VALIDATIONS = 5;

type Choice = { readonly gamma: number; readonly level: number | null };
type Outcome = { curve: [number, number | null][]; loss: number | null; accuracy: number | null };

export async function run(config: TextConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { optimiser, gammas, levels, tuning, reports } = config;
  const range = (from: number, count: number) => Array.from({ length: count }, (_, k) => from + k);
  const choices: Choice[] = gammas.flatMap((gamma) =>
    (optimiser.startsWith('Clip-') ? levels : [null]).map((level) => ({ gamma, level })),
  );
  const scores = choices.map(() => 0);
  for (const s of range(seed, tuning)) {
    const outcomes = await trained(config, choices, s, context);
    outcomes.forEach(({ loss }, k) => (scores[k]! += (loss ?? Infinity) / tuning));
  }
  const best = choices[scores.indexOf(Math.min(...scores))]!;
  const runs: Json[] = [];
  for (const s of range(seed + tuning, reports))
    runs.push({ seed: s, ...(await trained(config, [best], s, context))[0]! });
  const outermost = (list: readonly number[], value: number | null) =>
    value !== null && list.length > 1 && (value === list[0] || value === list.at(-1));
  return {
    tuned: best,
    edges: { gamma: outermost(gammas, best.gamma), level: outermost(levels, best.level) },
    tried: choices.map((choice, k) => ({ ...choice, loss: Number.isFinite(scores[k]) ? scores[k]! : null })),
    runs,
  };
}

/** A seed's training with each choice. */
async function trained(
  config: TextConfig,
  choices: readonly Choice[],
  seed: number,
  { signal, trace }: CellContext,
): Promise<Outcome[]> {
  const { task, optimiser, batch } = config;
  const own = instance(task, config, seed);
  const batches = batchesOf(own, batch, seed);
  const unit = optimiser.startsWith('Clip-') ? await median(own, batches, seed) : 0;
  const ends = Array.from({ length: VALIDATIONS }, (_, k) => Math.round(((k + 1) * batches.length) / VALIDATIONS));
  const outcomes: Outcome[] = [];
  for (const choice of choices) {
    const level = choice.level === null ? null : choice.level * unit;
    const method = methodOf(optimiser, choice, batches.length, level);
    const curve: Outcome['curve'] = [];
    let last: Awaited<ReturnType<typeof tested>> = null;
    await training(own, { method, batch, seed, signal }, ends, async (step, weights) => {
      last = await tested(own, own.test, weights);
      curve.push([step, last?.loss ?? null]);
      trace?.({ seed, ...choice, step, loss: last?.loss ?? null });
    });
    outcomes.push({ curve, loss: null, accuracy: null, ...(last as Awaited<ReturnType<typeof tested>>) });
  }
  return outcomes;
}

/** Coordinate-wise, without bias correction, warmed up over a tenth of the steps and then down to 0: the authors' (spec §5.2). */
function methodOf(optimiser: TextConfig['optimiser'], { gamma }: Choice, steps: number, level: number | null): Method {
  return compose({
    ...(optimiser.endsWith('Adam') ? { kind: 'adam', eps: 1e-6 } : { kind: 'adagrad', eps: 1e-10 }),
    scale: 'coordinate',
    gamma: { kind: 'linear', peak: gamma, warmUp: Math.ceil(steps / 10), total: steps },
    clip: level === null ? null : { level },
  });
}

/** Median norm of the first mini-batches' gradients at the start. */
async function median(own: Instance, batches: readonly Uint32Array[], seed: number): Promise<number> {
  const start = startOf(own, seed);
  const first = await Promise.all(
    batches.slice(0, FIRST).map(async (rows) => {
      const tensors = tf.tidy(() => gradient(own, start, rows));
      const values = await Promise.all(tensors.map((tensor) => tensor.data()));
      tf.dispose(tensors);
      return values as Float32Array[];
    }),
  );
  tf.dispose(start);
  return suggestClipLevel(first, { quantile: 0.5 });
}
