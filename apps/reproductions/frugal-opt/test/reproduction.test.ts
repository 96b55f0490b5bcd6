import { judge, type CellRecord, type Json, type Tier } from '@assay-ml/claims';
import { markovText } from '@assay-ml/datasets';
import { stream } from '@assay-ml/numerics';
import { bert, llama, type Network } from '@assay-ml/networks';
import { gradients, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { run as exact } from '../src/cells/exact.js';
import { CONTEXT, gradientOf, lossOf, PARAMETERS, startOf, VOCABULARY } from '../src/cells/mlp.js';
import { run as rates } from '../src/cells/rates.js';
import { run as toy } from '../src/cells/toy.js';
import { run as train } from '../src/cells/train.js';
import { taskOf } from '../src/cells/decoder.js';
import { FINE_NAMES, type FineName, fineTunedOf, fineTuner } from '../src/cells/fine-tuning.js';
import { trained } from '../src/cells/training.js';
import reproduction from '../src/index.js';
import { methodOf, METHODS } from '../src/methods.js';
import { furtherOf, lengthOf, MAIN_NAMES, mainOf, type MainName, RATES, trainingsOf } from '../src/plan.js';

const TIERS = ['quick', 'standard', 'full'] as const;
const claim = (id: string) => reproduction.claims.find((c) => c.id === `frugal-opt.${id}`)!;
let count = 0;
const record = (experiment: string, config: Json, seed: number, values: Record<string, Json>): CellRecord => ({
  ...{ id: `cell-${count++}`, experiment, config, seed, status: 'done', values, seconds: 0 },
});

describe('plan', () => {
  it.each(TIERS)(
    'at %s every claim of the tier has cells in all its experiments, and none is planned twice',
    (tier) => {
      for (const { tiers, experiments } of reproduction.claims) {
        if (!tiers.includes(tier)) continue;
        // The network is that of the tier: one of the two has cells.
        const elsewhere = tier === 'quick' ? 'decoder' : 'train';
        for (const name of experiments.filter((e) => e !== elsewhere)) {
          const all = reproduction.experiments.find((e) => e.id === name)!.cells(tier).map((cell) => JSON.stringify(cell)); // prettier-ignore
          expect(all.length).toBeGreaterThan(0);
          expect(new Set(all).size).toBe(all.length);
        }
      }
    },
  );

  it('trains eleven methods twice at quick, and every method at standard', () => {
    expect(trainingsOf('quick')).toHaveLength(11);
    expect(new Set([...trainingsOf('standard'), ...furtherOf('standard')].map(({ method }) => method))).toEqual(
      new Set(Object.keys(METHODS).filter((name) => name !== 'signSGD')),
    );
  });
});

describe('the standard tier', () => {
  it('takes two workers half an hour at most, at 28 ms a step of the decoder on wasm', () => {
    const seconds = reproduction.experiments.flatMap(
      ({ id, cells, cost }) =>
      cells('standard').map(({ config }) => (id === 'decoder' ? 0.028 * (config as { steps: number }).steps : cost(config).seconds)), // prettier-ignore
    );
    expect(seconds.reduce((a, b) => a + b, 0) / 2).toBeLessThan(30 * 60);
  });
});

describe('fine-tuning', () => {
  const sizes = { vocabulary: 40, width: 48, hidden: 64, layers: 2, heads: 4, context: 8 };
  const kinds = (name: FineName, network: Network) => {
    const method = fineTuner(fineTunedOf({ rank: 2, width: 48, steps: 80 })[name], 1e-3, 80, 0);
    const x = network.parameters.map(({ shape }) => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));
    const before = x.map((values) => values.slice());
    const point = { x, state: method.init(network.parameters, x) };
    for (let k = 0; k < 3; k++) method.step(point, before.map((values) => values.map((_, j) => Math.sin(j + 1))), point); // prettier-ignore
    return Object.fromEntries(
      network.parameters.map(({ name: of }, i) => {
        const { moments, count } = point.state.tensors[i]!;
        return [of, [x[i]!.some((v, j) => v !== before[i]![j]!), moments.reduce((n, { length }) => n + length, 0), count]]; // prettier-ignore
      }),
    );
  };

  it('of an encoder: FRUGAL has state for two rows of queries and values, moves all layers, and keeps Adam for the rest', () => {
    const network = bert({ ...sizes, classes: 2 });
    const [some, none, lora] = [kinds('FRUGAL, r', network), kinds('FRUGAL, 0', network), kinds('LoRA', network)];
    for (const name of ['query', 'value']) {
      const at = `encoder.layer.1.attention.self.${name}.kernel`;
      expect(some[at]).toEqual([true, 2 * 2 * 48, 2]);
      expect(none[at]).toEqual([true, 0, 0]);
      expect(lora[at]).toEqual([true, 2 * 2 * 2 * 48, 2]);
    }
    for (const at of ['attention.self.key', 'attention.output.dense', 'intermediate.dense', 'output.dense']) {
      expect(some[`encoder.layer.0.${at}.kernel`]).toEqual([true, 0, 0]);
      expect(lora[`encoder.layer.0.${at}.kernel`]).toEqual([false, 0, 0]);
    }
    expect(some['encoder.layer.0.output.LayerNorm.bias']).toEqual([true, 2 * 48, 0]);
    expect(lora['encoder.layer.0.output.LayerNorm.bias']).toEqual([false, 0, 0]);
    for (const found of [some, none, lora]) expect(found['classifier.kernel']).toEqual([true, 2 * 96, 0]);
  });

  it('of a decoder: the same, and embeddings stay as they are, with full fine-tuning too', () => {
    const network = llama(sizes);
    for (const name of FINE_NAMES) {
      const found = kinds(name, network);
      expect(found['model.embed_tokens.weight']![0]).toBe(false);
      expect(found['lm_head.kernel']).toEqual([true, 2 * 48 * 40, 0]);
      expect(found['model.layers.0.self_attn.q_proj.kernel']![1]).toBe({ 'FRUGAL, r': 192, 'FRUGAL, 0': 0, 'all weights': 2 * 48 * 48, LoRA: 384 }[name]); // prettier-ignore
      expect(found['model.layers.0.mlp.up_proj.kernel']![0]).toBe(name !== 'LoRA');
    }
  });

  it.each([
    ['supported', 0.001, 0.01],
    ['refuted', 0.05, 0.01],
    ['refuted', -0.05, 0.01],
  ])('C11 is %s where losses without state differ by %d, those with it by %d', (verdict, apart, spread) => {
    const records = [0, 1, 2, 3, 4].map((seed) => {
      const some = 0.6 + spread * (seed - 2);
      const loss = {
        'FRUGAL, r': some,
        'FRUGAL, 0': some + apart * (1 + (seed % 2) / 10),
        'all weights': 0.5,
        LoRA: 0.5 + seed / 8,
      };
      return record('encoder', {}, seed, Object.fromEntries(FINE_NAMES.map((name) => [name, { loss: loss[name], accuracy: 0.7, stateBytes: 8 }]))); // prettier-ignore
    });
    expect(judge(claim('C11'), records, 'standard').verdict).toBe(verdict);
    const [, , , adapters] = claim('C11').table!(records, 'standard')!.rows;
    expect(adapters).toEqual(['LoRA', 0.75, expect.closeTo(0.7, 12), 0.5, 1, 8]);
  });

  it('is not run where its data is missing', () => {
    const { missing } = reproduction.experiments.find(({ id }) => id === 'encoder')!;
    const before = { ...process.env };
    Object.assign(process.env, { ASSAY_DATA: '/nowhere', ASSAY_CACHE: '/nowhere' });
    try {
      expect(missing!()).toMatch('all-MiniLM-L6-v2');
    } finally {
      process.env = before;
    }
    const { verdict, why } = judge(claim('C11'), [], 'standard', { missing: { encoder: 'Get it.' } });
    expect([verdict, why]).toEqual(['not-run', 'data missing: Get it.']);
  });
});

describe('the network', () => {
  beforeAll(async () => void (await useBackend('cpu')));

  it('has the gradient that the tape finds, and its loss is the mean cross-entropy', () => {
    const tokens = markovText({ seed: 4, length: 200 });
    const places = [3, 50, 120];
    const x = startOf(4);
    const weights = x.map((values, i) => tf.tensor(values, [...PARAMETERS[i]!.shape]));
    const loss = () => {
      const ids = tf.tensor1d(places.flatMap((place) => [...tokens.slice(place, place + CONTEXT)]), 'int32'); // prettier-ignore
      const onehot = tf.oneHot(ids, VOCABULARY);
      let h = tf.reshape(tf.matMul(onehot as tf.Tensor2D, weights[0] as tf.Tensor2D), [places.length, -1]);
      for (let l = 0; l < 4; l++) h = tf.add(h, tf.tanh(tf.add(tf.matMul(h, weights[1 + 2 * l]!, false, true), weights[2 + 2 * l]!))); // prettier-ignore
      const logits = tf.add(tf.matMul(h, weights[9]!, false, true), weights[10]!);
      const wanted = tf.oneHot(tf.tensor1d(places.map((place) => tokens[place + CONTEXT]!), 'int32'), VOCABULARY); // prettier-ignore
      return tf.neg(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), 1)));
    };
    expect(lossOf(x, tokens, places)).toBeCloseTo(loss().dataSync()[0]!, 5);
    const taped = gradients(loss, weights);
    gradientOf(x, tokens, places).forEach((values, i) => {
      const wanted = taped[i]!.dataSync();
      values.forEach((value, j) => expect(value).toBeCloseTo(wanted[j]!, 5));
    });
  });

  it('learns: the loss of a short training falls, with the same numbers again', async () => {
    const context = { signal: new AbortController().signal, backend: { name: 'wasm', threads: 1 } };
    await useBackend('wasm');
    const config = { ...mainOf('quick').SVD, rate: 1e-2, steps: 20, batch: 32, period: 5 };
    const before = tf.memory().numTensors;
    const values = await train(config, 5, context);
    const curve = values['curve'] as [number, number][];
    expect(curve.at(-1)![1]).toBeLessThan(curve[0]![1] - 0.05);
    expect(values['stateBytes']).toEqual({ linear: 8 * 4 * 96 * 24, regular: 65_024 });
    expect(await train(config, 5, context)).toEqual(values);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the decoder', () => {
  beforeAll(async () => void (await useBackend('wasm')));
  const ids = Int32Array.from(markovText({ seed: 6, length: 3000 }), (token) => token % 11);
  const task = () => taskOf(11, ids.subarray(0, 2500), ids.subarray(2500), 4, 1);

  it('has the gradient of its mean loss: a small step along it lowers the loss by ‖g‖² times the step', async () => {
    // The same windows to train on as to test on: the text has just one.
    const one = await taskOf(11, ids.subarray(0, 33), ids.subarray(0, 33), 1, 1);
    const g = one.gradient(one.start);
    const norm2 = g.reduce((sum, values) => sum + values.reduce((s, v) => s + v * v, 0), 0);
    const eta = 1e-3 / Math.sqrt(norm2);
    const moved = (sign: number) => one.loss(one.start.map((values, i) => values.map((v, j) => v - sign * eta * g[i]![j]!))); // prettier-ignore
    expect((moved(-1) - moved(1)) / (2 * eta * norm2)).toBeCloseTo(1, 2);
  });

  it('learns with every main method, leaves no tensor, and splits a quarter of each kernel’s inputs', async () => {
    const context = { signal: new AbortController().signal, backend: { name: 'wasm', threads: 1 } };
    for (const name of MAIN_NAMES) {
      const config = { ...mainOf('standard')[name], rate: 1e-2, steps: 12, ...(name === 'AdamW' ? {} : { period: 5 }) }; // prettier-ignore
      const before = tf.memory().numTensors;
      const values = trained(await task(), config, 1, context);
      const curve = values['curve'] as [number, number][];
      expect([name, curve.at(-1)![1] < curve[0]![1]]).toEqual([name, true]);
      expect(tf.memory().numTensors).toBe(before);
      if (name === 'columns') expect(values['stateBytes']).toMatchObject({ linear: (8 * 2 * (4 * 48 * 48 + 3 * 48 * 128)) / 4 }); // prettier-ignore
    }
  });

  it('columns are those of PyTorch: inputs, which are rows of its kernels', () => {
    const method = methodOf({ method: 'FRUGAL', projector: 'columns' }, 1e-3, 0, 'in-out');
    expect(method.tag).toBe(methodOf({ method: 'FRUGAL', projector: 'rows' }, 1e-3, 0, 'out-in').tag);
  });
});

describe('verdicts', () => {
  /** Trainings whose losses are of these sizes, with a spread over seeds. */
  const made = (tier: Tier, sizes: Record<MainName, number>) =>
    (tier === 'quick' ? RATES.slice(0, 1) : RATES).flatMap((rate) =>
      MAIN_NAMES.flatMap((name) =>
        [0, 1, 2, 3, 4].map((seed) =>
          record(
            tier === 'quick' ? 'train' : 'decoder',
            { ...mainOf(tier)[name], rate, ...lengthOf(tier) } as Json,
            seed,
            {
              loss: sizes[name] + 1e-4 * stream(seed, name).uniform(),
            },
          ),
        ),
      ),
    );
  const good = { AdamW: 3, blocks: 3.01, columns: 3.012, SVD: 3.005, 'rho 0': 3.02, GaLore: 3.2, 'GaLore, random': 3.3, BAdam: 3.25 }; // prettier-ignore
  const verdict = (id: string, sizes: Record<MainName, number>) => judge(claim(id), made('standard', sizes), 'standard').verdict; // prettier-ignore

  it.each([
    ['C1', {}, { SVD: 3.06 }],
    ['C2', {}, { GaLore: 3.001 }],
    ['C3', {}, { 'rho 0': 3.011 }],
    ['C3', {}, { 'rho 0': 3.07 }],
    ['C5', {}, { blocks: 3.08 }],
    ['C9', { 'GaLore, random': 3.1 }, {}],
  ])('%s is supported where it holds and refuted where one method is elsewhere', (id, holds, fails) => {
    expect(verdict(id, { ...good, ...holds })).toBe('supported');
    expect(verdict(id, { ...good, ...fails })).toBe('refuted');
  });

  it('a training that is missing is never left out unseen', () => {
    const some = made('quick', good).filter((r) => !(r.seed === 3 && (r.config as { method: string }).method === 'GaLore')); // prettier-ignore
    expect(() => claim('C1').evidence(some, 'quick')).toThrow('lacks GaLore of seed 3.');
  });

  it.each(['T1', 'T2', 'T9'])('%s holds on the cell, and not where a number is another', (id) => {
    const values = exact({ side: 16, steps: 20 }, 7);
    const of = (changed: Record<string, Json>) => judge(claim(id), [record('exact', {}, 7, { ...values, ...changed })], 'standard').verdict; // prettier-ignore
    expect(of({})).toBe('supported');
    const wrong = { T1: { columns: 1 }, T2: { apart: 1e-4, bound: 1e-8 }, T9: { GaLore: [5, 4], BAdam: [0, 16], FRUGAL: [16, 16] } }; // prettier-ignore
    expect(of(wrong)).toBe('refuted');
  });
});

describe('theory', () => {
  it('SGD without noise contracts each coordinate by 1 − αλ', () => {
    const { mean } = rates({ sets: 'none', K: 3, runs: 1, sigma: 0 }, 0) as { mean: number };
    const lambda = Array.from({ length: 20 }, (_, j) => 0.1 + (0.9 * j) / 19);
    const wanted = [0, 1, 2].reduce((sum, k) => sum + lambda.reduce((s, l) => s + (l * (1 - 0.05 * l) ** k) ** 2, 0), 0) / 3; // prettier-ignore
    expect(mean).toBeCloseTo(wanted, 12);
  });
  it('the toy forgets nothing that it should keep: reset ends below reprojected, which ends below kept', () => {
    const loss = (refresh: 'reset' | 'keep' | 'reproject') => toy({ rank: 3, refresh, runs: 4 }, 1)['loss'] as number;
    expect(loss('reset')).toBeLessThan(loss('reproject'));
    expect(loss('reproject')).toBeLessThan(loss('keep'));
  });
});
