import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import * as ours from '../src/index.js';
import { clip, ClippedOptimizer, compose, initialState, method, simulate, update, type Method } from '../src/index.js'; // prettier-ignore
import { BACKENDS, useBackend } from './setup.js';

/** Methods whose b² may vanish: averages that decay, or a b₀ whose square is no float32. */
const vanishing: [string, Method][] = (['norm', 'coordinate'] as const).flatMap((scale) =>
  [false, true].flatMap((delay) => [
    [`adam ${scale}${delay ? ' delayed' : ''}`, compose({ kind: 'adam', scale, delay, gamma: 1e-3, b0: 1e-8, beta2: 0.05, clip: { level: 1 } })],
    [`adagrad ${scale}${delay ? ' delayed' : ''}`, compose({ scale, delay, gamma: 1e-3, b0: 1e-25 })],
    [`adam ${scale}${delay ? ' delayed' : ''} with a tiny eps`, compose({ kind: 'adam', scale, delay, gamma: 1e-3, b0: 1e-8, beta2: 0.05, eps: 1e-42 })],
  ] as [string, Method][]),
); // prettier-ignore

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  it.each(vanishing)('O4: a weight whose gradient is 0 for long stays: %s', async (_, of) => {
    const optimizer = new ClippedOptimizer(of);
    const still = tf.variable(tf.tensor1d([2, 3]));
    for (let t = 0; t < 60; t++) tf.tidy(() => optimizer.applyGradients({ [still.name]: tf.zeros([2]) }));
    expect([...(await still.data())]).toEqual([2, 3]);
    optimizer.applyGradients({ [still.name]: tf.tensor1d([0, 1e-3]) });
    const [first, second] = await still.data();
    expect(first).toBe(2);
    expect(Number.isFinite(second)).toBe(true);
    expect(second).toBeLessThan(3);
    tf.dispose(still);
    optimizer.dispose();
  });

  const stock: [string, () => tf.Optimizer][] = [
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.1, 0.9)],
    ['adagrad', () => tf.train.adagrad(0.1)],
    ['adadelta', () => tf.train.adadelta(0.1)],
    ['adam', () => tf.train.adam(0.1)],
    ['adamax', () => tf.train.adamax(0.1)],
    ['rmsprop', () => tf.train.rmsprop(0.1, 0.9, 0.5, 1e-8, true)],
  ];
  it.each(stock)(
    'O5: at level ∞ %s takes its own steps bit for bit, whatever gradients are missing',
    async (_, make) => {
      let made = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
          fc.constantFrom('norm', 'tensor', 'coordinate'),
          fc.boolean(),
          async (present, mode, list) => {
            const run = async (wrap: (optimizer: tf.Optimizer) => tf.Optimizer): Promise<number[][]> => {
              const optimizer = wrap(make());
              const id = made++;
              const variables = [1, 2, 2].map((size, k) => tf.variable(tf.ones([size]), true, `null-${id}-${k}`));
              present.forEach((there, t) =>
                tf.tidy(() => {
                  const gradients = variables.map(({ name, size }, k) => ({
                  name,
                  tensor: there[k] ? tf.tensor1d(Float32Array.from(stream(1, 'g').at(t, k).fillNormal(new Float64Array(size)))) : null!,
                })); // prettier-ignore
                  optimizer.applyGradients(
                    list ? gradients : Object.fromEntries(gradients.map((g) => [g.name, g.tensor])),
                  );
                }),
              );
              const values = await Promise.all(variables.map(async (v) => [...(await v.data())]));
              tf.dispose(variables);
              return values;
            };
            expect(await run((o) => clip(o, { level: Infinity, mode }))).toEqual(await run((o) => o));
          },
        ),
        { numRuns: 6 },
      );
    },
  );

  it('O5: a step without any gradient is counted, and clips nothing', async () => {
    const v = tf.variable(tf.ones([1]), true, 'none-at-all');
    const optimizer = clip(tf.train.adam(0.1), { level: 1 });
    optimizer.applyGradients({ 'none-at-all': null! });
    expect([...(await v.data())]).toEqual([1]);
    expect(await optimizer.clipStatistics()).toEqual({ steps: 1, skipped: 0, clippedFraction: 0, level: 1 });
    tf.dispose(v);
  });

  it('O6: a state comes back by its names, in whatever order a store gives them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.nat()),
        fc.constantFrom<Partial<ours.OptimizerOptions>>(
          {},
          { accumulate: 2 },
          { groups: [{ match: '-[13579]$', gamma: 0.5 }] },
        ),
        async (order, more) => {
          const variables = Array.from({ length: 12 }, (_, k) => tf.variable(tf.zeros([2]), true, `sorted-${k}`));
          const options: ours.OptimizerOptions = { kind: 'adam', scale: 'coordinate', gamma: 0.1, ...more };
          const gradients = (t: number) =>
            Object.fromEntries(variables.map((v, k) => [v.name, tf.tensor1d([k + 1 + t, (k - 3) * (t + 1)])]));
          const optimizer = new ClippedOptimizer(options);
          for (let t = 0; t < 3; t++) tf.tidy(() => optimizer.applyGradients(gradients(t)));
          const weights = await optimizer.getWeights();
          const keys = new Map(weights.map((w) => [w, order.next().value as number]));
          const shuffled = [...weights].sort((a, b) => keys.get(a)! - keys.get(b)!);
          const sorted = [...weights].sort((a, b) => (a.name < b.name ? -1 : 1));
          const start = variables.map((v) => tf.clone(v));
          const ends: Float32Array[] = [];
          for (const given of [weights, shuffled, sorted]) {
            variables.forEach((v, k) => v.assign(start[k] as tf.Tensor<tf.Rank.R1>));
            const resumed = new ClippedOptimizer(options);
            await resumed.setWeights(given);
            expect(resumed.iterations).toBe(optimizer.iterations);
            for (let t = 3; t < 5; t++) tf.tidy(() => resumed.applyGradients(gradients(t)));
            ends.push((await tf.concat(variables).data()) as Float32Array);
            resumed.dispose();
          }
          expect(ends[1]).toEqual(ends[0]);
          expect(ends[2]).toEqual(ends[0]);
          optimizer.dispose();
          tf.dispose([...variables, ...start]);
        },
      ),
      { numRuns: 4 },
    );
  });

  it('O6: a weight that is missing in the middle is named', async () => {
    const variables = Array.from({ length: 3 }, (_, k) => tf.variable(tf.zeros([2]), true, `gap-${k}`));
    const optimizer = new ClippedOptimizer({ kind: 'adam', gamma: 0.1 });
    optimizer.applyGradients(Object.fromEntries(variables.map((v) => [v.name, tf.ones([2])])));
    const weights = (await optimizer.getWeights()).filter(({ name }) => !name.endsWith('m/1'));
    await expect(optimizer.setWeights(weights)).rejects.toThrow(
      /^setWeights: 'weights' is .*; must be with 0\/Adam-Norm\/m\/1\. Give all that getWeights\(\) gave\.$/,
    );
    tf.dispose(variables);
  });

  it('O7: γ is settable between steps, and takes the place of a schedule', async () => {
    const [v, w] = ['rate-a', 'rate-b'].map((name) => tf.variable(tf.zeros([1]), true, name)) as [
      tf.Variable,
      tf.Variable,
    ];
    const optimizer = new ClippedOptimizer({
      kind: 'sgd',
      gamma: { kind: 'inverse-sqrt', peak: 1 },
      groups: [{ match: 'b$', gamma: 0.5 }],
    });
    const step = () => tf.tidy(() => optimizer.applyGradients({ 'rate-a': tf.ones([1]), 'rate-b': tf.ones([1]) }));
    step();
    expect(optimizer.learningRate).toEqual({ kind: 'inverse-sqrt', peak: 1 });
    optimizer.learningRate = 0.25;
    step();
    expect([...(await v.data()), ...(await w.data())]).toEqual([-1.25, -1]);
    expect(optimizer.getConfig()).toMatchObject({ gamma: 0.25, groups: [{ match: 'b$', gamma: 0.5 }] });
    expect(() => (optimizer.learningRate = 0)).toThrow(
      new RangeError("learningRate: 'gamma' is 0; must be a finite number > 0. It is the step size; tune it."),
    );
    tf.dispose([v, w]);
  });
});

describe('O4: in float64', () => {
  it.each(vanishing.map(([name, of]) => [name, { ...of, b0: of.kind === 'adam' ? 1e-8 : 1e-170 }] as const))(
    'update and simulate: %s',
    (_, of) => {
      const x = [Float64Array.of(2, 3)];
      const point = { x, state: initialState(of, x) };
      for (let t = 0; t < 2000; t++) update(of, point, [new Float64Array(2)], point);
      expect([...x[0]!]).toEqual([2, 3]);
      if (of.scale === 'coordinate') return;
      for (const d of [1, 2]) {
        const [end] = simulate({
          methods: [of],
          x0: new Float64Array(d).fill(2),
          runs: 2,
          steps: 2000,
          gradient: (_x, out) => out.fill(0),
        });
        expect([...end!.x[0]!]).toEqual(new Array(2 * d).fill(2));
      }
    },
  );
});

describe('O3: a gradient of simulate that is not written', () => {
  const of = [method('AdaGrad-Norm', { gamma: 1 })];
  const run = (gradient: unknown) => simulate({ methods: of, x0: [2], runs: 2, steps: 3, gradient: gradient as never });
  it.each([
    [
      'returned',
      (x: Float64Array) => x.slice(),
      "simulate: gradient: what it returns is an array of 2; must be written to 'out' before it returns. It is handed the array to write to.",
    ],
    [
      'promised',
      async () => undefined,
      "simulate: gradient: what it returns is a promise; must be written to 'out' before it returns. It is handed the array to write to.",
    ],
    [
      'added',
      (x: Float64Array, out: Float64Array) => {
        for (let r = 0; r < 2; r++) out[r]! += x[r]!;
      },
      "simulate: gradient: 'out' keeps numbers that it held before the call; must be overwritten whole. Assign, or begin with out.fill(0).",
    ],
  ])('%s', (_, gradient, message) => {
    expect(() => run(gradient)).toThrow(new TypeError(message));
  });
  it('is right when written', () => {
    const x0 = { methods: of, x0: [2], runs: 2, steps: 3 };
    expect(run((x: Float64Array, out: Float64Array) => out.set(x))).toEqual(simulate(x0));
  });
});

describe('P1: an option that is not known is refused by name, also when it comes by spread', () => {
  const bound = { eps: 0.1, delta: 0.1 };
  const calls: Record<string, [options: object, call: (options: never) => unknown]> = {
    compose: [{ gamma: 1 }, (o) => compose(o)],
    'compose, clip': [{ level: 1 }, (clipped) => compose({ gamma: 1, clip: clipped })],
    'compose, clip.level': [{ kind: 'growing', start: 1, a: 1.5 }, (level) => compose({ gamma: 1, clip: { level } })],
    'compose, gamma': [{ kind: 'inverse-sqrt', peak: 1 }, (gamma) => compose({ gamma })],
    method: [{ gamma: 1 }, (o) => method('AdaGrad', o)],
    adamClip: [{ gamma: 1 }, (o) => ours.adamClip(o)],
    adamClipDelayed: [{ gamma: 1 }, (o) => ours.adamClipDelayed(o)],
    adagradClip: [{ gamma: 1 }, (o) => ours.adagradClip(o)],
    ClippedOptimizer: [{ gamma: 1 }, (o) => new ClippedOptimizer(o)],
    'ClippedOptimizer, groups': [{ match: 'a' }, (group) => new ClippedOptimizer({ gamma: 1, groups: [group] })],
    clip: [{ level: 1 }, (o) => clip(tf.train.sgd(1), o)],
    suggestClipLevel: [{ quantile: 0.5 }, (o) => ours.suggestClipLevel([[[1]]], o)],
    simulate: [{ methods: [compose({ gamma: 1 })], x0: [1], runs: 2, steps: 1 }, (o) => simulate(o)],
    'simulate, noise': [
      { stream: stream(1, 'a'), alpha: 1.5 },
      (noise) => simulate({ methods: [], x0: [1], runs: 2, steps: 1, noise }),
    ],
    firstStepInstance: [bound, (o) => ours.firstStepInstance(o)],
    lastStepInstance: [bound, (o) => ours.lastStepInstance(o)],
    firstStepBound: [{ x0: 1, gamma: 1 }, (o) => ours.firstStepBound(ours.firstStepInstance(bound), o)],
    lastStepBound: [bound, (o) => ours.lastStepBound(o, { gamma: 1, b0: 1 })],
    'lastStepBound, run': [{ gamma: 1, b0: 1 }, (o) => ours.lastStepBound(bound, o)],
  };
  const without = ['copyPoint', 'initialState', 'update', 'initialTensorState', 'updateTensors', 'noiseNorms', 'tails'];

  it.each(Object.entries(calls))('%s', (name, [options, call]) => {
    call(options as never);
    const where = name.split(',')[0]!;
    expect(() => call({ ...options, learningRate: 3 } as never)).toThrow(RangeError);
    expect(() => call({ ...options, learningRate: 3 } as never)).toThrow(
      new RegExp(`^${where}: 'learningRate' is no option; must be one of .+\\. Did you mean '.+'\\?$`),
    );
  });

  it('every public function is here', () => {
    const walked = [...new Set(Object.keys(calls).map((name) => name.split(',')[0]!)), ...without];
    expect(walked.sort()).toEqual(
      Object.entries(ours)
        .filter(([, value]) => typeof value === 'function')
        .map(([name]) => name)
        .sort(),
    );
  });

  it('P5: the wrong kind of thing is named', () => {
    expect(() => clip('adam' as never, { level: 1 })).toThrow(
      new TypeError(
        "clip: 'optimizer' is 'adam'; must be an optimiser of TensorFlow.js. For instance tf.train.adam(1e-3).",
      ),
    );
    expect(() => clip(undefined as never, { level: 1 })).toThrow(
      "clip: 'optimizer' is undefined; must be an optimiser",
    );
    expect(() => clip(tf.train.sgd(1), undefined as never)).toThrow(
      new TypeError("clip: 'options' is undefined; must be an object. It may have level, mode."),
    );
    expect(() => new ClippedOptimizer(undefined as never)).toThrow(
      "ClippedOptimizer: 'options' is undefined; must be an object.",
    );
    expect(() => method('Adam', undefined as never)).toThrow("method: 'options' is undefined; must be an object.");
    expect(() => simulate(undefined as never)).toThrow("simulate: 'options' is undefined; must be an object.");
    expect(() => simulate({ methods: [], runs: 2, steps: 1 } as never)).toThrow(
      "simulate: 'x0' is undefined; must be an array of d ≥ 1 numbers.",
    );
    expect(() => ours.suggestClipLevel([[[1]]], { mode: 'all' as never })).toThrow(
      "suggestClipLevel: 'mode' is 'all'; must be 'norm' or 'tensor' or 'coordinate'.",
    );
  });
});
