import { readFileSync } from 'node:fs';

import { stream } from '@assay-ml/numerics';
import { leakGuard } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  bert,
  type Dataset,
  decodeSafetensors,
  encodeSafetensors,
  evaluate,
  FileCorrupt,
  generate,
  type HuggingFaceConfig,
  huggingFaceShapes,
  type HuggingFaceOptions,
  type Inputs,
  initialise,
  LLAMA,
  llama,
  type LlamaName,
  loadHuggingFace,
  loadWeights,
  type Network,
  saveHuggingFace,
  saveWeights,
  train,
} from '../src/index.js';
import { BACKENDS, useBackend } from './setup.js';

interface Run {
  config: HuggingFaceConfig;
  ids?: number[];
  logits: number[];
  loss: number;
  tensors: Record<string, [shape: number[], first: number, second: number]>;
}
type RunName = 'decoder' | 'tied' | 'mean' | 'cls' | 'classifier';

/** Made by scripts/hugging_face_fixture.py, which also says what the constants below are. */
const fixture = JSON.parse(readFileSync(new URL('fixtures/hugging-face.json', import.meta.url), 'utf8')) as Record<
  RunName,
  Run
>;
const [BATCH, TIME, VOCABULARY, SEPARATOR] = [2, 7, 11, 5];

/** The numbers of the script's `formula`. */
function formula(shape: readonly number[], phase: number, scale = 1, shift = 0): Float32Array {
  const n = shape.reduce((product, side) => product * side, 1);
  return Float32Array.from({ length: n }, (_, k) => scale * Math.sin(1.7 * k + phase + Math.cos(0.3 * k)) + shift);
}

const ids = (step: number, offset: number) =>
  Int32Array.from({ length: BATCH * TIME }, (_, k) => (step * k + offset) % VOCABULARY);

/** The checkpoint that the script fills. */
function checkpoint({ tensors }: Run): Uint8Array {
  const entries = Object.entries(tensors).map(([name, [shape]], i) => {
    const isNorm = name.endsWith('weight') && /norm/i.test(name);
    return [name, { shape, data: formula(shape, i, shape.length === 1 ? 0.3 : 0.8, isNorm ? 1 : 0) }];
  });
  return encodeSafetensors(Object.fromEntries(entries));
}

const small = { vocabulary: 13, width: 8, hidden: 12, layers: 2, heads: 2, context: 12 } as const;
const count = ({ parameters }: Network, ...roles: string[]) =>
  parameters
    .filter(({ role }) => roles.length === 0 || roles.includes(role))
    .reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);

describe.each(BACKENDS)('on %s, as in transformers on PyTorch', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it.each<[RunName, HuggingFaceOptions]>([
    ['decoder', {}],
    ['tied', {}],
    ['mean', { separator: SEPARATOR }],
    ['cls', { separator: SEPARATOR, pooling: 'cls' }],
    ['classifier', { separator: SEPARATOR, pooling: 'pooler', classes: 3 }],
  ])('%s: logits, loss and gradients, and the names of its checkpoint', async (name, options) => {
    const run = fixture[name];
    const { network, weights } = loadHuggingFace(checkpoint(run), run.config, options);
    const x = tf.tensor2d(run.ids ?? ids(4, 3), [BATCH, TIME], 'int32');
    const logits = network.forward(weights.parameters, [], x);
    const scale = Math.max(...run.logits.map(Math.abs));
    logits.dataSync().forEach((value, k) => expect(Math.abs(value - run.logits[k]!)).toBeLessThan(1e-5 * scale));

    const labels = network.name === 'llama' ? ids(3, 1) : Int32Array.of(2, 1);
    const { value, grads } = tf.valueAndGrads((...theta: tf.Tensor[]) => {
      const rows = tf.reshape(network.forward(theta, [], x), [labels.length, -1]);
      const chosen = tf.oneHot(tf.tensor1d(labels, 'int32'), rows.shape[1]!);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(chosen, 'float32'), tf.logSoftmax(rows)), 1)));
    })(weights.parameters);
    expect(Math.abs(value.dataSync()[0]! - run.loss)).toBeLessThan(1e-5 * run.loss);

    // Gradients are stored as a checkpoint, which turns kernels as it does weights.
    const { bytes, config } = await saveHuggingFace(network, { parameters: grads, buffers: [] });
    const { entries } = decodeSafetensors(bytes);
    expect(Object.keys(entries).sort()).toEqual(Object.keys(run.tensors).sort());
    for (const [tensor, [shape, ...expected]] of Object.entries(run.tensors)) {
      expect(entries[tensor]!.shape, tensor).toEqual(shape);
      const data = entries[tensor]!.data as Float32Array;
      [7, 8].forEach((phase, k) => {
        const numbers = formula(shape, phase);
        const product = data.reduce((sum, g, j) => sum + g * numbers[j]!, 0);
        expect(Math.abs(product - expected[k]!), `${tensor}: ${product}, ${expected[k]}`).toBeLessThan(1e-5 * (1 + Math.abs(expected[k]!))); // prettier-ignore
      });
    }
    for (const [key, given] of Object.entries(config)) if (key in run.config) expect([key, given]).toEqual([key, name === 'tied' || key !== 'tie_word_embeddings' ? run.config[key] : given]); // prettier-ignore
  });
});

describe('a decoder', () => {
  beforeAll(async () => void (await useBackend('wasm')));

  it.each<[LlamaName, linear: number, other: number]>([
    ['60M', 25.3e6, 32.78e6],
    ['130M', 84.93e6, 49.17e6],
    ['350M', 302.38e6, 65.59e6],
    ['1B', 1207.91e6, 131.17e6],
    ['3B', 2521.83e6, 164.01e6],
    ['7B', 6476.01e6, 262.41e6],
  ])('%s has the weights of the paper', (name, linear, other) => {
    const [width, hidden, , layers] = LLAMA[name];
    const net = llama(name);
    expect(count(net, 'kernel')).toBe(layers * (4 * width * width + 3 * width * hidden));
    expect(count(net, 'embedding', 'output', 'norm-scale')).toBe(2 * 32_000 * width + (2 * layers + 1) * width);
    expect(count(net)).toBe(count(net, 'kernel', 'embedding', 'output', 'norm-scale'));
    // Printed to 10,000.
    expect(Math.abs(count(net, 'kernel') - linear)).toBeLessThanOrEqual(5000);
    expect(Math.abs(count(net) - count(net, 'kernel') - other)).toBeLessThanOrEqual(5000);
  });

  it('has no output of its own when tied, and names of checkpoints', () => {
    const [own, tied] = [llama(small), llama({ ...small, tied: true })];
    expect(count(own)).toBe(2 * (4 * 64 + 3 * 96) + 5 * 8 + 2 * 13 * 8);
    expect(count(own) - count(tied)).toBe(13 * 8);
    expect(huggingFaceShapes(own).at(-1)).toEqual({ name: 'lm_head.weight', role: 'output', shape: [13, 8] });
    expect(huggingFaceShapes(tied).at(-1)).toEqual({ name: 'model.norm.weight', role: 'norm-scale', shape: [8] });
    expect(huggingFaceShapes(own)[7]).toEqual({ name: 'model.layers.0.mlp.down_proj.weight', role: 'kernel', shape: [8, 12] }); // prettier-ignore
  });

  it('starts normal with deviation 0.02, and norms at 1', () => {
    const { parameters } = initialise(llama({ ...small, vocabulary: 4000 }));
    const rms = (t: tf.Tensor) => Math.sqrt(t.dataSync<'float32'>().reduce((sum, v) => sum + v * v, 0) / t.size);
    for (const i of [0, parameters.length - 1]) expect(Math.abs(rms(parameters[i]!) / 0.02 - 1)).toBeLessThan(0.012); // 3σ
    expect([...parameters[8]!.dataSync()]).toEqual(new Array(8).fill(1));
    const draws = stream(0, 'initialise', 'model.embed_tokens.weight').fillNormal(new Float64Array(8));
    expect([...parameters[0]!.dataSync().slice(0, 8)]).toEqual([...Float32Array.from(draws, (z) => 0.02 * z)]);
    tf.dispose(parameters);
  });

  it('gives a position nothing of later tokens', () => {
    const net = llama(small);
    const { parameters } = initialise(net, { scheme: 'xavier' });
    const logits = (row: number[]) => net.forward(parameters, [], tf.tensor2d([row], [1, 6], 'int32')).dataSync();
    const before = logits([1, 2, 3, 4, 5, 6]);
    for (let changed = 0; changed < 6; changed++) {
      const after = logits([1, 2, 3, 4, 5, 6].map((id, t) => (t === changed ? 12 : id)));
      expect(after.slice(0, changed * 13)).toEqual(before.slice(0, changed * 13));
      for (let t = changed; t < 6; t++) expect(after.slice(t * 13, t * 13 + 13)).not.toEqual(before.slice(t * 13, t * 13 + 13)); // prettier-ignore
    }
  });

  it('of zeros is as perplexed as there are ids, whatever the sequences', async () => {
    const net = llama(small);
    const parameters = net.parameters.map(({ shape }) => tf.zeros([...shape]));
    const data = { x: new Int32Array(15).fill(4), y: Int32Array.from({ length: 15 }, (_, k) => k % 13), shape: [5], count: 3 }; // prettier-ignore
    const { perplexity, loss, accuracy, count: labels } = await evaluate(net, { parameters, buffers: [] }, data);
    expect(perplexity).toBeCloseTo(13, 4);
    expect(loss).toBeCloseTo(Math.log(13), 6);
    expect([labels, accuracy]).toEqual([15, 2 / 15]); // the first of equal logits counts: labels 0 and 13
    const batches = () =>
      [1, 4, 2].map((time) => ({ x: new Int32Array(time), y: new Int32Array(time), shape: [time] }));
    expect((await evaluate(net, { parameters, buffers: [] }, batches)).count).toBe(7);
  });

  it('learns ten tokens by heart, and says them; with a cache as without', async () => {
    const net = llama({ ...small, width: 16, hidden: 24 });
    const weights = initialise(net, { scheme: 'xavier', seed: 1 });
    const text = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
    const data = { x: Int32Array.from(text.slice(0, 9)), y: Int32Array.from(text.slice(1)), shape: [9], count: 1 };
    const rate = { kind: 'cosine', peak: 0.2, warmUp: 10, total: 200 } as const;
    const state = await train(net, weights, data, { steps: 200, rate, batchSize: 1, weightDecay: 0 });
    expect(state.updates).toBe(200);
    expect((await evaluate(net, state.weights, data)).perplexity).toBeLessThan(1.05);
    const said = await leakGuard(() => generate(net, state.weights, text.slice(0, 1), { tokens: 9, temperature: 0 }));
    expect([...said]).toEqual(text.slice(1));

    // One position after the other, and several at once.
    const { parameters } = state.weights;
    const x = tf.tensor2d([text], [1, 10], 'int32');
    const whole = net.forward(parameters, [], x).dataSync();
    let cache: Parameters<typeof net.extend>[2] = null;
    const parts: number[] = [];
    for (const [from, to] of [[0, 3], [3, 4], [4, 5], [5, 10]] as const) {
      const next = net.extend(parameters, tf.slice(x, [0, from], [1, to - from]), cache);
      cache = next.cache;
      parts.push(...next.logits.dataSync());
    } // prettier-ignore
    expect(cache!.length).toBe(10);
    parts.forEach((value, k) => expect(Math.abs(value - whole[k]!)).toBeLessThan(1e-5 * (1 + Math.abs(whole[k]!))));
    tf.dispose(state);
  });

  it('draws from its stream, among the likeliest, in their proportions', async () => {
    const net = llama({ ...small, vocabulary: 4, layers: 1, context: 41 });
    const parameters = net.parameters.map(({ shape }) => tf.zeros([...shape]));
    const weights = { parameters, buffers: [] };
    // Logits of log 3, 1, 4, 2: the embedding is the vector of ones, which the norm leaves as it is.
    parameters[0] = tf.ones([4, 8]);
    parameters[parameters.length - 2] = tf.ones([8]);
    const output = Float32Array.from({ length: 32 }, (_, k) => Math.log([3, 1, 4, 2][k % 4]!) / 8);
    parameters[parameters.length - 1] = tf.tensor2d(output, [8, 4]);
    const cases: [{ temperature?: number; topK?: number }, number[]][] = [
      [{}, [0.3, 0.4, 0.8, 1]],
      [{ temperature: 0.5 }, [9 / 30, 10 / 30, 26 / 30, 1]],
      [{ topK: 2 }, [3 / 7, 0, 1, 1]],
      [{ topK: 3, temperature: 0.5 }, [9 / 29, 0, 25 / 29, 1]],
      [{ temperature: 0 }, [0, 0, 1, 1]],
    ];
    for (const [options, shares] of cases) {
      const drawn = await generate(net, weights, [0], { tokens: 40, seed: 5, ...options });
      const expected = Array.from({ length: 40 }, (_, k) => {
        const u = stream(5, 'generate')
          .at(1 + k)
          .uniform();
        return shares.findIndex((share) => u < share);
      });
      expect([...drawn]).toEqual(expected);
    }
    // A draw depends on seed and position alone, not on where the prompt ends.
    const first = await generate(net, weights, [0], { tokens: 10, seed: 5 });
    const later = await generate(net, weights, [0, ...first.slice(0, 4)], { tokens: 6, seed: 5 });
    expect([...later]).toEqual([...first.slice(4)]);
    tf.dispose(parameters);
  });

  it('refuses what it cannot read', async () => {
    const net = llama(small);
    const weights = initialise(net);
    const { parameters } = weights;
    const row = (ids: number[]) => tf.tensor2d([ids], [1, ids.length], 'int32');
    expect(() => net.forward(parameters, [], tf.ones([1, 3]))).toThrow(new TypeError("forward: 'x' is 'float32'; must be int32. 'llama' reads ids: make it with tf.tensor2d(ids, shape, 'int32').")); // prettier-ignore
    expect(() => net.forward(parameters, [], row(new Array(13).fill(0)))).toThrow(new RangeError("forward: 'x' is of shape [1, 13]; must be [B, T] with T from 1 to 12, what the context of 'llama' holds. Cut it, or build the network for longer sequences.")); // prettier-ignore
    expect(() => net.forward(parameters.slice(1), [], row([1]))).toThrow("forward: 20 parameters and 0 buffers came; must be 21 and 0 for 'llama'."); // prettier-ignore
    const { cache } = net.extend(parameters, row(new Array(10).fill(0)), null);
    expect(() => net.extend(parameters, row([1, 2, 3]), cache)).toThrow('must be [B, T] with T from 1 to 2');
    expect(() => net.extend(parameters.slice(1), row([1]), null)).toThrow('forward: 20 parameters');

    const of = (x: Int32Array | Float32Array, shape: number[], y = new Int32Array(x.length)) => ({
      x,
      y,
      shape,
      count: 1,
    });
    const refused = (data: Dataset<Inputs>) => evaluate(net, weights, data).then(() => '', (error: Error) => error.message); // prettier-ignore
    expect(await refused(of(Int32Array.of(1, 13, 2), [3]))).toBe("evaluate: 'id 1 of data.x' is 13; must be from 0 to 12, inside the vocabulary. Encode the text with the vocabulary that the network was built for."); // prettier-ignore
    expect(await refused(of(new Float32Array(3), [3]))).toBe("evaluate: 'data.x' is an array of 3; must be an Int32Array. These are ids of tokens."); // prettier-ignore
    expect(await refused(of(new Int32Array(13), [13]))).toBe("evaluate: 'data.shape' is [13]; must be [T] with T up to 12, the context of 'llama'. Cut sequences, or build the network for longer ones."); // prettier-ignore
    expect(await refused(of(new Int32Array(3), [3], new Int32Array(1)))).toBe("evaluate: 'data.count' is 1; must be positive, with 3 numbers and 3 labels an example; there are 3 numbers and 1 labels. Count the examples."); // prettier-ignore
    const batch = (x: Int32Array | Float32Array, shape: number[], y = new Int32Array(x.length)) =>
      evaluate(net, weights, () => [{ x, y, shape }]).then(() => '', (error: Error) => error.message); // prettier-ignore
    expect(await batch(Int32Array.of(1, -1), [2])).toMatch("evaluate: 'id 1 of batch 0' is -1;");
    expect(await batch(new Float32Array(2), [2])).toMatch(
      "evaluate: 'batch 0' is an array of 2; must be an Int32Array.",
    );
    expect(await batch(new Int32Array(13), [13])).toMatch(
      "evaluate: 'shape of batch 0' is [13]; must be [T] with T up to 12",
    );
    expect(await batch(new Int32Array(7), [5])).toMatch("evaluate: 'batch 0' is an array of 7; must be");
    expect(await batch(new Int32Array(5), [5], Int32Array.of(0, 0, 0, 0, 13))).toMatch(
      "evaluate: 'label 4' is 13; must be from 0 to 12.",
    );
    tf.dispose([weights, cache as unknown as tf.TensorContainer]);
  });

  it.each<[() => unknown, string]>([
    [() => llama('61M' as never), "llama: 'options' is '61M'; must be '9M' or '60M' or '130M' or '350M' or '1B' or '3B' or '7B'. Choose one of them."],
    [() => llama({ ...small, heads: 3 }), "llama: 'heads' is 3; must be a number that divides width = 8 into even parts. Rotary positions turn pairs."],
    [() => llama({ ...small, heads: 8 }), "llama: 'heads' is 8; must be a number that divides width = 8 into even parts."],
    [() => llama({ ...small, layers: 0 }), "llama: 'layers' is 0; must be an integer of at least 1."],
    [() => llama({ ...small, tied: 1 as never }), "llama: 'tied' is 1; must be true or false."],
    [() => llama({ ...small, epsilon: 0 }), "llama: 'epsilon' is 0; must be a finite number > 0."],
    [() => bert({ ...small, heads: 3 }), "bert: 'heads' is 3; must be a divisor of width = 8."],
    [() => bert({ ...small, padding: 13 }), "bert: 'padding' is 13; must be below vocabulary = 13."],
    [() => bert({ ...small, separator: 1, segments: 1 }), "bert: 'separator' is 1; must be null where there is one kind of segment."],
    [() => bert({ ...small, pooling: 'max' as never }), "bert: 'pooling' is 'max'; must be 'mean' or 'cls' or 'pooler'."],
    [() => bert({ ...small, classes: 0 }), "bert: 'classes' is 0; must be an integer of at least 1."],
  ])('is not built of what makes no sense, %#', (build, message) => {
    expect(build).toThrow(message);
  }); // prettier-ignore

  it.each<[Partial<Parameters<typeof generate>[3]>, number[], string]>([
    [{ tokens: 0 }, [1], "generate: 'tokens' is 0; must be an integer of at least 1."],
    [{ tokens: 11 }, [1, 2], "generate: 'tokens' is 11; must be at most 10 after 2 of the prompt. 'llama' has a context of 12."],
    [{}, [], "generate: 'prompt' is []; must be ids, at least one."],
    [{}, [1, 13], "generate: 'prompt[1]' is 13; must be from 0 to 12, inside the vocabulary."],
    [{ temperature: -1 }, [1], "generate: 'temperature' is -1; must be a finite number ≥ 0."],
    [{ topK: 0 }, [1], "generate: 'topK' is 0; must be an integer of at least 1."],
  ])('does not go on from what makes no sense, %#', async (options, prompt, message) => {
    const net = llama(small);
    const weights = initialise(net);
    await expect(generate(net, weights, prompt, { tokens: 2, ...options })).rejects.toThrow(message);
    tf.dispose(weights);
  }); // prettier-ignore
});

describe('an encoder', () => {
  beforeAll(async () => void (await useBackend('wasm')));

  it('reads nothing where a sequence is filled up, and no other order than that of positions', () => {
    for (const pooling of ['mean', 'cls'] as const) {
      const net = bert({ ...small, pooling, separator: 5 });
      const { parameters } = initialise(net, { scheme: 'xavier' });
      const vector = (...rows: number[][]) =>
        net.forward(parameters, [], tf.tensor2d(rows, undefined, 'int32')).dataSync();
      const short = vector([1, 2, 5, 3]);
      const filled = vector([1, 2, 5, 3, 0, 0], [4, 4, 4, 4, 4, 4]);
      short.forEach((value, k) => expect(filled[k]).toBeCloseTo(value, 5));
      expect(vector([2, 1, 5, 3])).not.toEqual(short);
      expect(vector([1, 2, 6, 3])).not.toEqual(short);
      expect(vector([0, 0]).every((value) => Number.isFinite(value))).toBe(true);
    }
  });

  it('has a fresh head that its checkpoint lacks', async () => {
    const { config, ...run } = fixture.mean;
    const { network, weights } = loadHuggingFace(checkpoint({ config, ...run }), config, { classes: 2, seed: 3 });
    const fresh = initialise(bert({ ...(network as ReturnType<typeof bert>).config }), { seed: 3 });
    expect(weights.parameters.at(-2)!.dataSync()).toEqual(fresh.parameters.at(-2)!.dataSync());
    const again = loadWeights(network, await saveWeights(network, weights));
    expect(again.parameters.map((t) => t.dataSync())).toEqual(weights.parameters.map((t) => t.dataSync()));
    tf.dispose([weights, fresh, again]);
  });

  it('learns which of two words came', async () => {
    const net = bert({ ...small, layers: 1, classes: 2 });
    const x = Int32Array.of(3, 7, 7, 8, 9, 8, 2, 3, 8, 9, 2, 9);
    const data = { x, y: Int32Array.of(0, 1, 0, 1), shape: [3], count: 4 }; // 3 is in the first and the third
    const state = await train(net, initialise(net, { scheme: 'xavier' }), data, { steps: 40, rate: 0.1, batchSize: 4 });
    const { accuracy, loss, count: labels } = await evaluate(net, state.weights, data);
    expect([accuracy, labels]).toEqual([1, 4]);
    expect(loss).toBeLessThan(0.1);
    tf.dispose(state);
  });
});

describe('checkpoints', () => {
  beforeAll(async () => void (await useBackend('cpu')));
  const run = fixture.mean;
  const entries = decodeSafetensors(checkpoint(run)).entries;

  it('come back as they were saved', async () => {
    for (const net of [llama(small), bert({ ...small, separator: 2, pooling: 'pooler', classes: 2 })]) {
      const weights = initialise(net, { scheme: 'xavier' });
      const { bytes, config } = await saveHuggingFace(net, weights);
      const options = net.name === 'bert' ? ({ separator: 2, pooling: 'pooler', classes: 2 } as const) : {};
      const loaded = loadHuggingFace(bytes, JSON.parse(JSON.stringify(config)) as HuggingFaceConfig, options);
      expect(loaded.network.config).toEqual(net.config);
      expect(loaded.weights.parameters.map((t) => t.dataSync())).toEqual(weights.parameters.map((t) => t.dataSync()));
    }
  });

  it('may hold constants, other precisions, and what is left out by name', () => {
    const more = {
      ...entries,
      'embeddings.position_ids': { shape: [1, 9], data: new Int32Array(9) },
      'pooler.dense.weight': { shape: [8, 8], data: new Float32Array(64) },
      'pooler.dense.bias': { shape: [8], data: new Float32Array(8) },
      other: { shape: [1], data: new Uint8Array(1) },
      'embeddings.LayerNorm.bias': { shape: [8], data: Float64Array.from(entries['embeddings.LayerNorm.bias']!.data) },
    };
    const { weights } = loadHuggingFace(encodeSafetensors(more), run.config, { omit: ['pooler.', 'other'] });
    const plain = loadHuggingFace(checkpoint(run), run.config).weights;
    expect(weights.parameters.map((t) => t.dataSync())).toEqual(plain.parameters.map((t) => t.dataSync()));
  });

  it('keep the first layers alone where that is asked for', () => {
    const { network, weights } = loadHuggingFace(checkpoint(run), run.config, { layers: 1 });
    const whole = loadHuggingFace(checkpoint(run), run.config);
    const first = whole.network.parameters.flatMap(({ name }, i) => (/layer\.[1-9]/.test(name) ? [] : i));
    expect(network.config.layers).toBe(1);
    expect(network.parameters).toEqual(first.map((i) => whole.network.parameters[i]));
    expect(weights.parameters.map((t) => t.dataSync())).toEqual(first.map((i) => whole.weights.parameters[i]!.dataSync())); // prettier-ignore
    expect(() => loadHuggingFace(checkpoint(run), run.config, { layers: 0 })).toThrow("bert: 'layers' is 0;");
    expect(() => loadHuggingFace(checkpoint(run), run.config, { layers: 9 })).toThrow("loadHuggingFace: 'layers' is 9; must be at most 2, those of the file."); // prettier-ignore
    expect(() => loadHuggingFace(checkpoint(run), { ...run.config, num_hidden_layers: 1 })).toThrow('encoder.layer.1.output.dense.bias: [8] in the file, none in the network'); // prettier-ignore
  });

  it('that do not fit are refused with a table', () => {
    const { 'embeddings.LayerNorm.weight': norm, ...rest } = entries;
    const wrong = {
      ...rest,
      'pooler.dense.bias': norm!,
      'encoder.layer.0.output.dense.bias': { shape: [9], data: new Float32Array(9) },
      'encoder.layer.1.output.dense.bias': { shape: [8], data: new Int32Array(8) },
    };
    expect(() => loadHuggingFace(encodeSafetensors(wrong), run.config)).toThrow(
      new FileCorrupt(
        [
          "loadHuggingFace: the file does not fit 'bert'; must have each tensor with its shape. Take the config.json beside it, and leave out with 'omit' what is surplus.",
          '  embeddings.LayerNorm.weight: none in the file, [8] in the network',
          '  encoder.layer.0.output.dense.bias: [9] in the file, [8] in the network',
          '  encoder.layer.1.output.dense.bias: [8] of Int32Array in the file, [8] in the network',
          '  pooler.dense.bias: [8] in the file, none in the network',
        ].join('\n'),
      ),
    );
  });

  it.each<[object, string]>([
    [{ model_type: 'gpt2' }, "loadHuggingFace: 'config.model_type' is 'gpt2'; must be 'llama' or 'bert'."],
    [{ hidden_act: 'gelu_new' }, "loadHuggingFace: 'config.hidden_act' is 'gelu_new'; must be 'gelu' or left out."],
    [{ position_embedding_type: 'relative_key' }, "loadHuggingFace: 'config.position_embedding_type' is 'relative_key';"],
    [{ hidden_size: '8' }, "loadHuggingFace: 'config.hidden_size' is '8'; must be a number."],
    [{ model_type: 'llama', hidden_act: 'silu', num_key_value_heads: 1 }, "loadHuggingFace: 'config.num_key_value_heads' is 1; must be '2' or left out."],
    [{ model_type: 'llama', hidden_act: 'silu', rope_scaling: { factor: 2 } }, "loadHuggingFace: 'config.rope_scaling' is an object; must be left out."],
  ])('of other models are refused by name, %#', (other, message) => {
    expect(() => loadHuggingFace(checkpoint(run), { ...run.config, ...other })).toThrow(message);
  }); // prettier-ignore
});
