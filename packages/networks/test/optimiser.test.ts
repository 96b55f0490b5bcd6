import { leakGuard } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  type ArrayOptimiser,
  initialise,
  llama,
  loadState,
  mlp,
  saveState,
  type TensorOptimiser,
  train,
  type TrainOptions,
  type TrainState,
} from '../src/index.js';
import { BACKENDS, blobs, useBackend } from './setup.js';

/** Adam on arrays, with state of several kinds. */
function adam(rate: number): ArrayOptimiser<{ t: number; tensors: { m: Float64Array; v: Float32Array; steps: Uint16Array }[] }> {
  return {
    tag: `adam ${rate}`,
    init: (parameters, x) => {
      expect(parameters.map(({ shape }, i) => tf.util.sizeFromShape([...shape]) === x[i]!.length)).not.toContain(false);
      const zeros = ({ length }: Float32Array) => ({ m: new Float64Array(length), v: new Float32Array(length), steps: new Uint16Array(1) });
      return { t: 0, tensors: x.map(zeros) };
    },
    step({ x, state }, g, into) {
      expect(into.x).toBe(x);
      state.t++;
      x.forEach((theta, i) => {
        const { m, v, steps } = state.tensors[i]!;
        steps[0]!++;
        theta.forEach((_, k) => {
          m[k] = 0.9 * m[k]! + 0.1 * g[i]![k]!;
          v[k] = 0.99 * v[k]! + 0.01 * g[i]![k]! ** 2;
          theta[k]! -= (rate * (m[k]! / (1 - 0.9 ** state.t))) / (Math.sqrt(v[k]! / (1 - 0.99 ** state.t)) + 1e-8);
        });
      });
    },
  };
} // prettier-ignore

/** θ ← θ − η·g in place of nothing: gives back what it was given, moved, with a tensor of its own. */
const descent = (rate: number): TensorOptimiser<{ steps: tf.Tensor; note: string }> => ({
  tag: 'descent',
  values: 'tensors',
  init: () => ({ steps: tf.scalar(0), note: 'kept' }),
  step: ({ x, state }, g) => ({
    // The first tensor stays where it is.
    x: x.map((theta, i) => (i === 0 ? theta : tf.sub(theta, tf.mul(rate, g[i]!)))),
    state: { ...state, steps: tf.add(state.steps, 1) },
  }),
});

const data = blobs(90, [8], { classes: 4, gap: 1.5 });
const net = mlp({ inputs: 8, hidden: [16], classes: 4 });
const bits = <S>({ weights, optimiser, gradients, ...rest }: TrainState<S>) => ({
  ...rest,
  all: [...weights.parameters, ...gradients].map((t) => [...t.dataSync()]),
  optimiser: JSON.stringify(optimiser, (_key, value: unknown) => value instanceof tf.Tensor ? [...value.dataSync()] : value), // prettier-ignore
});
const plain = { momentum: 0, weightDecay: 0 };

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('a decoder goes on bit for bit in mid-accumulation, through a file, with any optimiser', async () => {
    const decoder = llama({ vocabulary: 9, width: 8, hidden: 12, layers: 1, heads: 2, context: 6 });
    const weights = initialise(decoder, { scheme: 'xavier' });
    const x = Int32Array.from({ length: 66 }, (_, k) => (k * k + 3) % 9);
    const text = { x, y: x.map((id) => (id + 1) % 9), shape: [6], count: 11 };
    const check = async <S>(given: TrainOptions<S>): Promise<void> => {
      const files: Uint8Array[] = [];
      const save = async (state: TrainState<S>) => void files.push(await saveState(decoder, state));
      const options = { batchSize: 2, accumulate: 4, clip: 0.5, seed: 2, ...given };
      const state = await train(decoder, weights, text, { ...options, checkpoint: { every: 3, save } });
      const whole = bits(state);
      // 6 batches an epoch: steps after the fourth, and after the last two.
      expect([state.updates, state.epoch, state.step]).toEqual([5, 2, 4]);
      expect(files.length).toBe(5);
      for (const file of files) {
        const resume = loadState<S>(decoder, file);
        const again = await train(decoder, weights, text, { ...options, resume });
        expect(bits(again)).toEqual(whole);
        tf.dispose([resume.weights, resume.gradients, again.weights, again.gradients]);
      }
      expect(loadState<S>(decoder, files[0]!).gradients.length).toBe(decoder.parameters.length);
    };
    await check({ steps: 5, rate: { kind: 'restarts', peak: 0.1, warmUp: 1, total: 3 } });
    await check({ steps: 5, optimiser: adam(0.01) });
    await check({ steps: 5, optimiser: descent(0.1) });
    await leakGuard(async () => {
      const state = await train(decoder, weights, text, { steps: 5, batchSize: 2, accumulate: 4, clip: 0.5, optimiser: adam(0.01) });
      tf.dispose(state.weights);
    });
    await leakGuard(async () => {
      tf.dispose(await train(decoder, weights, text, { steps: 20, batchSize: 2, accumulate: 3, rate: 0.1, clip: 0.5 }));
    });
    await leakGuard(async () => {
      tf.dispose(await train(decoder, weights, text, { steps: 5, batchSize: 2, optimiser: descent(0.1) }));
    });
    tf.dispose(weights);
  }); // prettier-ignore
});

describe('training', () => {
  beforeAll(async () => void (await useBackend('cpu')));

  it('takes steps of an optimiser on arrays, and leaves weights and states that came alone', async () => {
    const weights = initialise(net);
    const before = weights.parameters.map((t) => t.dataSync().slice());
    const half = await train(net, weights, data, { epochs: 1, batchSize: 30, optimiser: adam(0.01) });
    const kept = bits(half);
    const state = await train(net, weights, data, { epochs: 3, batchSize: 30, optimiser: adam(0.01), resume: half });
    expect(weights.parameters.map((t) => t.dataSync())).toEqual(before);
    expect(bits(half)).toEqual(kept);
    expect(bits(state)).toEqual(
      bits(await train(net, weights, data, { epochs: 3, batchSize: 30, optimiser: adam(0.01) })),
    );
    expect([state.updates, state.optimiser.t, state.optimiser.tensors[0]!.steps[0]]).toEqual([9, 9, 9]);
    expect(state.losses[2]).toBeLessThan(0.8 * state.losses[0]!);
    // The first step of Adam is a sign.
    const one = await train(net, weights, data, { steps: 1, batchSize: 30, optimiser: adam(0.01) });
    const moved = one.weights.parameters[3]!.dataSync<'float32'>().map((w, k) => Math.abs(w - before[3]![k]!));
    moved.forEach((distance) => expect(distance).toBeCloseTo(0.01, 5));
  });

  it('takes steps of an optimiser on tensors that gives back what it was given', async () => {
    const weights = initialise(net);
    const state = await train(net, weights, data, { epochs: 2, batchSize: 45, optimiser: descent(0.1) });
    expect(state.weights.parameters[0]!.dataSync()).toEqual(weights.parameters[0]!.dataSync());
    expect(state.optimiser.steps.dataSync()[0]).toBe(4);
    expect(state.optimiser.note).toBe('kept');
    const sgd = await train(net, weights, data, { epochs: 1, batchSize: 90, rate: 0.1, ...plain });
    const own = await train(net, weights, data, { epochs: 1, batchSize: 90, optimiser: descent(0.1) });
    expect(own.weights.parameters[1]!.dataSync()).toEqual(sgd.weights.parameters[1]!.dataSync());
  });

  it('accumulates to what one batch would have given, by its labels, and steps at the end of an epoch', async () => {
    const weights = initialise(net);
    const options = { epochs: 2, rate: 0.3, seed: 4 };
    const close = (a: TrainState, b: TrainState) => {
      a.weights.parameters.forEach((t, i) => {
        const other = b.weights.parameters[i]!.dataSync();
        t.dataSync().forEach((value, k) => expect(value).toBeCloseTo(other[k]!, 5));
      });
      a.losses.forEach((loss, epoch) => expect(loss).toBeCloseTo(b.losses[epoch]!, 5));
    };
    const whole = await train(net, weights, data, { ...options, batchSize: 40 });
    const parts = await train(net, weights, data, { ...options, batchSize: 20, accumulate: 2 });
    close(parts, whole);
    expect([parts.updates, whole.updates, parts.accumulated.batches, parts.gradients.length]).toEqual([6, 6, 0, 0]);
    const cut = (...ends: number[]) => () => ends.map((end, i) => ({ x: data.x.subarray(8 * (ends[i - 1] ?? 0), 8 * end), y: data.y.subarray(ends[i - 1] ?? 0, end) })); // prettier-ignore
    close(await train(net, weights, cut(5, 20, 90), { ...options, accumulate: 3 }), await train(net, weights, cut(90), options)); // prettier-ignore
  });

  it('clips the whole gradient to a norm, and leaves a shorter one as it is', async () => {
    const weights = initialise(net);
    const moved = async (clip?: number) => {
      const { weights: after } = await train(net, weights, data, { steps: 1, rate: 1, batchSize: 90, ...plain, ...(clip === undefined ? {} : { clip }) }); // prettier-ignore
      return after.parameters.flatMap((t, i) => {
        const start = weights.parameters[i]!.dataSync();
        return [...t.dataSync()].map((value, k) => value - start[k]!);
      });
    };
    const norm = (x: number[]) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
    const free = await moved();
    expect(norm(await moved(0.1))).toBeCloseTo(0.1, 5);
    const [short, whole] = [await moved(0.1), norm(free)];
    short.forEach((value, k) => expect(value).toBeCloseTo((free[k]! * 0.1) / whole, 5));
    expect(await moved(2 * whole)).toEqual(free);
  });

  it('reads a rate for each step, of a run that is counted in steps', async () => {
    const weights = initialise(net);
    const given = { batchSize: 30, ...plain };
    const steps: number[][] = [];
    const save = ({ weights: now }: TrainState) => void steps.push([...now.parameters[3]!.dataSync()]);
    const rate = { kind: 'linear', peak: 0.2, warmUp: 2, total: 6 } as const;
    const state = await train(net, weights, data, { steps: 7, rate, ...given, checkpoint: { every: 1, save } });
    expect([state.updates, state.epoch, state.step, state.losses.length, state.examples]).toEqual([7, 2, 1, 2, 30]);
    // 0, 0.1, 0.2, 0.15, 0.1, 0.05, 0: the first and the last step move nothing.
    const start = [...weights.parameters[3]!.dataSync()];
    expect(steps.map((now, k) => JSON.stringify(now) === JSON.stringify(steps[k - 1] ?? start))).toEqual([true, false, false, false, false, false, true]); // prettier-ignore
    const at = async (eta: number) => [...(await train(net, weights, data, { steps: 1, rate: eta, ...given })).weights.parameters[3]!.dataSync()]; // prettier-ignore
    expect(steps[0]).toEqual(await at(0));
  });

  it.each<[Record<string, unknown>, string]>([
    [{ rate: 1 }, "train: 'epochs' is undefined; must be an integer of at least 1. Count them from the start of the run."],
    [{ rate: 1, steps: 0 }, "train: 'steps' is 0; must be an integer of at least 1."],
    [{ rate: 1, epochs: 1, steps: 1 }, "train: 'steps' is 1; must be left out beside epochs."],
    [{ epochs: 1 }, "train: 'rate' is undefined; must be a finite number ≥ 0."],
    [{ epochs: 1, rate: { kind: 'cosine', peak: 1, warmUp: 9, total: 9 } }, "train: 'rate.warmUp' is 9; must be below total = 9."],
    [{ epochs: 1, optimiser: adam(1), rate: 1 }, "train: 'rate' is 1; must be left out beside 'optimiser'."],
    [{ epochs: 1, optimiser: adam(1), mask: [] }, "train: 'mask' is []; must be left out beside 'optimiser'."],
    [{ epochs: 1, optimiser: { init: () => 0 } }, "train: 'optimiser' is an object; must be an object with tag, init and step."],
    [{ epochs: 1, rate: 1, accumulate: 0 }, "train: 'accumulate' is 0; must be an integer of at least 1."],
    [{ epochs: 1, rate: 1, clip: 0 }, "train: 'clip' is 0; must be a finite number > 0."],
  ])('refuses what makes no sense, %#', async (options, message) => {
    await expect(train(net, initialise(net), data, { batchSize: 30, ...options })).rejects.toThrow(message);
  }); // prettier-ignore

  it('refuses a state of another optimiser, one beyond its steps, or with more accumulated', async () => {
    const weights = initialise(net);
    const resume = await train(net, weights, data, { steps: 2, batchSize: 30, optimiser: adam(0.01) });
    const go = (options: object) =>
      train(net, weights, data, { batchSize: 30, resume, ...options } as unknown as TrainOptions);
    await expect(go({ epochs: 2, rate: 1 })).rejects.toThrow("train: 'resume.tag' is 'adam 0.01'; must be that of the optimiser, 'sgd'. Go on with the optimiser that the state was made with."); // prettier-ignore
    await expect(go({ epochs: 2, optimiser: adam(0.02) })).rejects.toThrow(
      "must be that of the optimiser, 'adam 0.02'",
    );
    await expect(go({ steps: 1, optimiser: adam(0.01) })).rejects.toThrow("train: 'steps' is 1; must be at least the 2 done already."); // prettier-ignore
    const middle = { ...resume, accumulated: { batches: 2, labels: 60 } };
    await expect(go({ steps: 3, optimiser: adam(0.01), accumulate: 2, resume: middle })).rejects.toThrow("train: 'accumulate' is 2; must be above the 2 batches accumulated already."); // prettier-ignore
    const bytes = await saveState(net, resume);
    expect(bits(loadState(net, bytes))).toEqual(bits(resume as never));
  });
});
