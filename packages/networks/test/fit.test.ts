import { stream } from '@assay-ml/numerics';
import { normal } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { adam, type BatchLoss, Diverged, fit, type FitState, type TensorOptimiser } from '../src/index.js';
import { useBackend } from './setup.js';

beforeAll(async () => void (await useBackend('wasm')));

/** y = x·(2, −1) + ½, 50 examples. */
const x = stream(1, 'x').fillNormal(new Float64Array(100));
const lossOf: BatchLoss = ([w, b], indices) => {
  const rows = tf.tensor2d(Float32Array.from([...indices].flatMap((i) => [x[2 * i]!, x[2 * i + 1]!])), [
    indices.length,
    2,
  ]);
  const y = tf.tensor2d(
    Float32Array.from(indices, (i) => 2 * x[2 * i]! - x[2 * i + 1]! + 0.5),
    [indices.length, 1],
  );
  return tf.mean(tf.square(tf.sub(tf.add(tf.matMul(rows as tf.Tensor2D, w as tf.Tensor2D), b!), y)));
};
const start = () => [tf.zeros([2, 1]), tf.zeros([1])];
const values = ({ parameters }: { parameters: tf.Tensor[] }) => parameters.flatMap((t) => [...t.dataSync<'float32'>()]);
const options = { count: 50, epochs: 60, batchSize: 8, optimiser: adam({ rate: 0.05 }) };

/** Gradient descent on tensors. */
const descent: TensorOptimiser<{ steps: tf.Tensor }> = {
  tag: 'descent',
  values: 'tensors',
  init: () => ({ steps: tf.scalar(0) }),
  step: ({ x: from, state }, g) => ({ x: from.map((t, i) => tf.sub(t, tf.mul(0.1, g[i]!))), state: { steps: tf.add(state.steps, 1) } }), // prettier-ignore
};

describe('fit', () => {
  it.each<[string, object]>([
    ['an optimiser on arrays', {}],
    ['one on tensors', { optimiser: descent }],
  ])('finds the parameters of a line with %s, and leaves no tensor', async (_, own) => {
    // prettier-ignore
    const parameters = start();
    const before = tf.memory().numTensors;
    const state = await fit(parameters, lossOf, { ...options, ...own });
    [2, -1, 0.5].forEach((value, i) => expect(values(state)[i]).toBeCloseTo(value, 2));
    expect(state.losses).toHaveLength(60);
    expect(state.losses.at(-1)).toBeLessThan(1e-3);
    expect(values({ parameters })).toEqual([0, 0, 0]);
    tf.dispose(state);
    expect(tf.memory().numTensors).toBe(before);
  });
  it('goes through each example once an epoch, in another order each, with noise of the step alone', async () => {
    const seen: number[][] = [[], []];
    const noises = new Set<number>();
    await fit(start(), (theta, indices, key) => {
      seen[seen[0]!.length < 50 ? 0 : 1]!.push(...indices);
      noises.add(key.uniform());
      return lossOf(theta, indices, key);
    }, { ...options, epochs: 2 }); // prettier-ignore
    const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
    expect(sorted(seen[0]!)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(sorted(seen[1]!)).toEqual(sorted(seen[0]!));
    expect(seen[1]).not.toEqual(seen[0]);
    expect(noises.size).toBe(14);
  });
  it.each<[string, object]>([
    ['arrays', {}],
    ['tensors', { optimiser: descent }],
  ])('stops within an epoch and goes on with the same bits: %s', async (_, own) => {
    // prettier-ignore
    const noisy: BatchLoss = (theta, indices, key) => tf.add(lossOf(theta, indices, key), tf.mul(0.1, tf.sum(tf.mul(theta[0]!, normal(key, [2, 1])))));
    const settings = { ...options, epochs: 3, ...own };
    const whole = await fit(start(), noisy, settings);
    const kept: FitState<unknown>[] = [];
    const save = (state: FitState<unknown>) => {
      if (state.epoch === 1 && state.step === 4) kept.push({ ...state, parameters: state.parameters.map((t) => tf.clone(t)), optimiser: structured(state.optimiser) }); // prettier-ignore
    };
    await fit(start(), noisy, { ...settings, checkpoint: { every: 2, save } } as never);
    const resumed = await fit([], noisy, { ...settings, resume: kept[0]! } as never);
    expect(values(resumed)).toEqual(values(whole));
    expect(resumed.losses).toEqual(whole.losses);
  });
  it('says where a loss stops being finite, and refuses what it cannot do', async () => {
    const wild: BatchLoss = (theta, indices, key) => tf.mul(lossOf(theta, indices, key), indices.includes(3) ? NaN : 1); // prettier-ignore
    const diverged = await fit(start(), wild, options).catch((error: unknown) => error);
    expect(diverged).toBeInstanceOf(Diverged);
    expect((diverged as Diverged).message).toMatch(/^fit: the loss is NaN at step \d of epoch 0; must be finite/);
    await expect(fit(start(), lossOf, { ...options, epochs: 0 })).rejects.toThrow(
      "fit: 'epochs' is 0; must be an integer of at least 1.",
    );
    await expect(fit(start(), null as never, options)).rejects.toThrow(
      "fit: 'loss' is null; must be a function of parameters",
    );
    await expect(fit(start(), lossOf, { ...options, rate: 1 } as never)).rejects.toThrow("fit: 'rate' is no option");
    const other = await fit(start(), lossOf, { ...options, epochs: 1 });
    await expect(fit([], lossOf, { ...options, optimiser: descent, resume: other as never })).rejects.toThrow("fit: 'resume.tag' is 'adam"); // prettier-ignore
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(fit(start(), lossOf, { ...options, signal })).rejects.toThrow('no more');
  });
});

/** A copy of an optimiser's state. */
function structured(state: unknown): unknown {
  if (state instanceof tf.Tensor) return tf.clone(state);
  if (ArrayBuffer.isView(state)) return (state as Float32Array).slice();
  if (Array.isArray(state)) return state.map(structured);
  if (typeof state !== 'object' || state === null) return state;
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, structured(value)]));
}
