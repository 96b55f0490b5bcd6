import * as tf from '@tensorflow/tfjs-core';
import { initialise, tower, type Tower, type Weights } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { cached, classifier, encoder, type Encoder, type Generator, identity, type Images, mirrorCheck, mirrorScores, prototype, rerank, retrieval, stochasticMirrorCheck, stochasticMirrorScores, type Victim, wordOverlap } from '../src/index.js'; // prettier-ignore

beforeAll(async () => void (await useBackend('wasm')));

/** Images of one pixel row, whose embedding is the row. */
const rows = (...values: (readonly number[])[]): Images => ({ data: Float32Array.from(values.flat()), shape: [values.length, 1, values[0]!.length, 1] }); // prettier-ignore
const direct = (id: string, turn = (z: Float32Array) => z): Encoder => ({ id, width: 2, embed: async ({ data }) => turn(data) }); // prettier-ignore
const victim: Victim = {
  id: 'victim',
  describe: async ({ data, shape: [count] }, prompt) => Array.from({ length: count }, (_, i) => (data[2 * i]! > data[2 * i + 1]! ? 'left' : data[2 * i] === 0 ? '  ' : 'right') + prompt), // prettier-ignore
};
/** Left is [1, 0], right [0, 1]; later draws turn towards the diagonal. */
const generator: Generator = {
  id: 'generator',
  generate: async (texts, { index }) => rows(...texts.map((text) => (text.startsWith('left') ? [1, 0.5 * index] : [0.5 * index, 1]))), // prettier-ignore
};
const swapped = direct('swapped', (z) => z.map((_, k) => z[k ^ 1]!));
const near = (a: number | null, b: number) => expect(Math.abs(a! - b)).toBeLessThan(1e-6);
const cosine = (a: readonly number[], b: readonly number[]) => (a[0]! * b[0]! + a[1]! * b[1]!) / Math.hypot(...a) / Math.hypot(...b); // prettier-ignore

describe('mirrorScores', () => {
  const images = rows([0.8, 0.6], [0.3, 0.4]);
  it('is the mean of cosines over encoders and draws', async () => {
    const found = await mirrorScores(images, { victim, generator, encoders: [direct('a'), swapped], draws: 2 });
    near(found[0]!.score, (cosine([0.8, 0.6], [1, 0]) + cosine([0.8, 0.6], [1, 0.5])) / 2);
    near(found[1]!.perEncoder['swapped']!, (cosine([0.4, 0.3], [1, 0]) + cosine([0.4, 0.3], [1, 0.5])) / 2);
    expect(found.map(({ text }) => text)).toEqual(['left', 'right']);
    expect(found[0]!.generated).toEqual(rows([1, 0], [1, 0.5]));
  });
  it('with max is that of the best draw, in all encoders at once', async () => {
    const [found] = await mirrorScores(images, { victim, generator, encoders: [direct('a')], draws: 3, reduce: 'max' });
    near(found!.score, Math.max(...[0, 1, 2].map((k) => cosine([0.8, 0.6], [1, 0.5 * k]))));
    near(found!.perEncoder['a']!, found!.score!);
    found!.perDraw.forEach((score, k) => near(score, cosine([0.8, 0.6], [1, 0.5 * k])));
  });
  it('asks the prompt', async () => {
    const [found] = await mirrorScores(images, { victim, generator, encoders: [direct('a')], prompt: '?' });
    expect(found!.text).toBe('left?');
  });
  it('an empty caption, a zero embedding and NaN are undecidable, and say why; others are as without them', async () => {
    const some = rows([0, 0], [0.8, 0.6]);
    const found = await mirrorScores(some, { victim, generator, encoders: [direct('a')] });
    expect(found[0]).toMatchObject({ score: null, generated: null, reason: 'the caption is empty' });
    near(found[1]!.score, 0.8);
    const zero = direct('zero', (z) => z.map(() => 0));
    const nan = direct('nan', (z) => z.map((value, k) => (k === 0 ? NaN : value)));
    const [a] = await mirrorScores(images, { victim, generator, encoders: [direct('a'), zero] });
    expect(a).toMatchObject({ score: null, reason: "the embedding by 'zero' is zero or not finite" });
    const b = await mirrorCheck(images, { victim, generator, encoders: [nan], threshold: 0.5 });
    expect(b.map(({ decision }) => decision)).toEqual(['undecidable', 'clean']);
  });
});

describe('mirrorCheck', () => {
  it('flags what is strictly below the threshold, and not what is on it', async () => {
    const images = rows([1, 0], [0.25, 0.75]);
    const options = { victim, generator: { ...generator, generate: async () => rows([1, 0], [1, 0]) }, encoders: [direct('a')] }; // prettier-ignore
    const at = async (threshold: number) => (await mirrorCheck(images, { ...options, threshold })).map(({ decision }) => decision); // prettier-ignore
    expect(await at(1)).toEqual(['clean', 'adversarial']);
    expect(await at(1.0001)).toEqual(['adversarial', 'adversarial']);
    expect(await at(-1)).toEqual(['clean', 'clean']);
  });
  it.each<[string, object]>([
    ["'threshold' is NaN; must be a finite number", { threshold: NaN }],
    ["'encoders' is []; must be an array of at least one", { encoders: [] }],
    ["'encoders' is [a, a]; must be of different ids. 'a' is there twice", { encoders: [direct('a'), direct('a')] }],
    ["'draws' is 0; must be an integer of at least 1", { draws: 0 }],
    ["'reduce' is 'min'; must be 'mean' or 'max'", { reduce: 'min' }],
    ["'treshold' is no option", { treshold: 1 }],
    ["generator 'short' gave 1 images; must be 2", { generator: { id: 'short', generate: async () => rows([1, 0]) } }],
    ["value 0 of what generator 'wild' gave' is 7; must be from 0 to 1", { generator: { id: 'wild', generate: async () => rows([7, 0], [1, 0]) } }], // prettier-ignore
    ["encoder 'a' gave 4 numbers; must be 2 × 3", { encoders: [{ ...direct('a'), width: 3 }] }],
    ["victim 'mute' gave 1 answers; must be 2 texts", { victim: { id: 'mute', describe: async () => ['a'] } }],
  ])('refuses %s', async (message, wrong) => {
    const call = mirrorCheck(rows([1, 0], [0.1, 0.9]), { victim, generator, encoders: [direct('a')], threshold: 0, ...wrong }); // prettier-ignore
    await expect(call).rejects.toThrow(message);
  });
  it('stops when asked to', async () => {
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(mirrorScores(rows([1, 0]), { victim, generator, encoders: [direct('a')], signal })).rejects.toThrow('no more'); // prettier-ignore
  });
});

describe('stochasticMirrorScores', () => {
  const images = rows([0.8, 0.6], [0.3, 0.4], [0.9, 0.1]);
  const zoo = ['a', 'b', 'c', 'd'].map((id) => direct(id));
  const base = { victim, generators: [generator], encoders: zoo } as const;
  it('draws n encoders without replacement, anew for each image, or once for all', async () => {
    const many = rows(...Array.from({ length: 30 }, () => [0.8, 0.6] as const));
    const chosen = async (selection: 'per-image' | 'config') =>
      (await stochasticMirrorScores(many, { ...base, n: 2, otu: 'none', selection, seed: 3 })).map(({ perEncoder }) => Object.keys(perEncoder).sort().join()); // prettier-ignore
    const each = await chosen('per-image');
    each.forEach((ids) => expect(ids).toMatch(/^[a-d],[a-d]$/));
    expect(new Set(each).size).toBeGreaterThan(3);
    expect(new Set(await chosen('config')).size).toBe(1);
  });
  it('without noise and with the whole zoo is mirrorScores', async () => {
    const found = await stochasticMirrorScores(images, { ...base, otu: 'none' });
    const plain = await mirrorScores(images, { victim, generator, encoders: zoo });
    found.forEach(({ score }, i) => near(score, plain[i]!.score!));
  });
  it('shakes embeddings by γ‖z‖/√d, both images alike, keyed by the seed', async () => {
    const scores = async (sigma: number, seed: number) => (await stochasticMirrorScores(images, { ...base, otu: 'embeddings', sigma, seed, n: 1 })).map(({ score }) => score!); // prettier-ignore
    expect(await scores(0.3, 1)).toEqual(await scores(0.3, 1));
    expect(await scores(0.3, 1)).not.toEqual(await scores(0.3, 2));
    const plain = await scores(0, 1);
    (await scores(1e-3, 1)).forEach((score, i) => expect(Math.abs(score - plain[i]!)).toBeLessThan(5e-3));
    // The same noise on both: an image that is its own mirror keeps its cosine of 1.
    const self = { ...base, generators: [identity(images)], otu: 'embeddings', sigma: 1, selection: 'config' } as const;
    (await stochasticMirrorScores(images, self)).forEach(({ score }) => near(score, 1));
  });
  it.each<[string, object]>([
    ["'n' is 5; must be at most the number of encoders, 4", { n: 5 }],
    ["'generators' is []; must be an array of at least one", { generators: [] }],
    ["'otu' is 'parameters'; must be 'embeddings' or 'none' with encoder 'a'", {}],
    ["'sigma' is -1; must be a finite number ≥ 0", { sigma: -1 }],
  ])('refuses %s', (message, wrong) => expect(stochasticMirrorScores(images, { ...base, ...wrong })).rejects.toThrow(message)); // prettier-ignore
});

describe('networks', () => {
  let net: Tower;
  let weights: Weights;
  const images: Images = { data: Float32Array.from(stream(1, 'images').fillUniform(new Float64Array(3 * 16))), shape: [3, 4, 4, 1] }; // prettier-ignore
  beforeAll(() => {
    net = tower({ inputs: [4, 4, 1], hidden: [6, 5], activation: 'tanh', classes: 3 });
    weights = initialise(net, { seed: 2 });
  });
  it('a classifier says the name of its largest logit', async () => {
    const said = classifier({ id: 'c', network: net, weights, names: ['a', 'b', 'c'], template: (name) => `a photo of ${name}` }); // prettier-ignore
    const z = await said.scores(images);
    const best = [0, 1, 2].map((i) => [0, 1, 2].reduce((k, m) => (z[3 * i + m]! > z[3 * i + k]! ? m : k), 0));
    expect(await said.describe(images, '')).toEqual(best.map((k) => `a photo of ${'abc'[k]!}`));
    expect(() => classifier({ id: 'c', network: net, weights, names: ['a'] })).toThrow("classifier: 'names' is [a]; must be an array of 3 texts"); // prettier-ignore
  });
  it('noise is on a copy: the weights stay as they are, after success, a throw and an abort (T9), and no tensor is left', async () => {
    const own = encoder({ id: 'e', network: net, weights });
    const bytes = () => weights.parameters.map((t) => Array.from(t.dataSync<'float32'>()));
    const [before, tensors] = [bytes(), tf.memory().numTensors];
    const plain = await own.embed(images);
    const mirror: Generator = { id: 'g', generate: async (texts) => ({ data: images.data.slice(0, 16 * texts.length), shape: [texts.length, 4, 4, 1] }) }; // prettier-ignore
    const speaking: Victim = { id: 'v', describe: async ({ shape }) => Array.from({ length: shape[0] }, () => 'a') };
    const options = { victim: speaking, generators: [mirror], encoders: [own], sigma: 0.1 } as const;
    const found = await stochasticMirrorScores(images, options);
    expect(found.every(({ score }) => score !== null)).toBe(true);
    const failing: Generator = { id: 'g', generate: () => Promise.reject(new Error('out of memory')) };
    await expect(stochasticMirrorScores(images, { ...options, generators: [failing] })).rejects.toThrow(
      'out of memory',
    );
    const stop = new AbortController();
    const aborting: Generator = { id: 'g', generate: async (texts, draw) => (stop.abort(new Error('gone')), mirror.generate(texts, draw)) }; // prettier-ignore
    await expect(stochasticMirrorScores(images, { ...options, generators: [aborting], signal: stop.signal })).rejects.toThrow('gone'); // prettier-ignore
    expect(bytes()).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await own.embed(images)).toEqual(plain);
  });
  it('relative noise is of the size of each tensor, absolute noise of σ', () => {
    const own = encoder({ id: 'e', network: net, weights });
    const scale = (kind: 'absolute' | 'relative') => {
      const key = stream(5, 'noise');
      const shaken = own.perturbed!({ sigma: 1e-3, scale: kind, key });
      const z = tf.tidy(() => tf.sum(tf.square(tf.sub(own.embedding(tf.tensor4d(images.data, [3, 4, 4, 1])), (shaken as typeof own).embedding(tf.tensor4d(images.data, [3, 4, 4, 1]))))).dataSync<'float32'>()[0]!); // prettier-ignore
      shaken.release();
      return Math.sqrt(z);
    };
    expect(scale('absolute')).toBeGreaterThan(1e-4);
    expect(scale('relative')).toBeLessThan(scale('absolute'));
  });
  it('a check and a stochastic check decide as their scores say', async () => {
    const own = encoder({ id: 'e', network: net, weights });
    const speaking: Victim = { id: 'v', describe: async () => ['a', 'a', ''] };
    const options = { victim: speaking, generators: [identity({ data: images.data.slice(0, 16), shape: [1, 4, 4, 1] })], encoders: [own], threshold: 0.9999 }; // prettier-ignore
    const verdicts = await stochasticMirrorCheck(images, options);
    expect(verdicts.map(({ decision }) => decision)).toEqual(['clean', 'adversarial', 'undecidable']);
  });
});

describe('generators', () => {
  const images = rows([1, 0], [0, 1], [0.5, 0.5]);
  it('retrieval takes the nearest caption, and draws among equals', async () => {
    const found = retrieval({ images, captions: ['a red disc', 'a blue ring', 'a red disc'] });
    const drawn = async (index: number) =>
      Array.from((await found.generate(['red disc'], { seed: 1, index })).data).join();
    const seen = new Set(await Promise.all(Array.from({ length: 20 }, (_, k) => drawn(k))));
    expect(seen).toEqual(new Set(['1,0', '0.5,0.5']));
    expect(Array.from((await found.generate(['ring'], { seed: 1, index: 0 })).data)).toEqual([0, 1]);
    expect(wordOverlap('A red disc', 'red ring')).toBe(1 / 4);
    expect(() => retrieval({ images, captions: ['a'] })).toThrow("retrieval: 'captions' is [a]; must be an array of 3 texts"); // prettier-ignore
  });
  it('a prototype is the mean direction of several images, which are embedded once', async () => {
    let calls = 0;
    const counting: Encoder = { id: 'a', width: 2, embed: async ({ data }) => (calls++, data) };
    const mean = prototype(new Map([['left', rows([1, 0], [0.3, 0.4])], ['right', rows([0, 1])]])); // prettier-ignore
    const z = await mean.embeddings(['left', 'right', 'left'], counting);
    [0.8, 0.4, 0, 1, 0.8, 0.4].forEach((value, k) => near(z[k]!, value));
    await mean.embeddings(['right'], counting);
    expect(calls).toBe(2);
    const [found] = await mirrorScores(rows([0.8, 0.6]), { victim, generator: mean, encoders: [counting] });
    near(found!.score, cosine([0.8, 0.6], [0.8, 0.4]));
    expect(found!.generated).toBeNull();
    await expect(mean.embeddings(['other'], counting)).rejects.toThrow("prototype: 'text' is 'other'; must be one that there are images of"); // prettier-ignore
  });
  it('re-ranks draws by the cosine of image and text, text by text', async () => {
    const draws = [rows([1, 0], [0.6, 0.8]), rows([0.8, 0.6], [0, 1]), rows([0, 1], [1, 0])];
    const asked: number[] = [];
    const poor: Generator = { id: 'poor', generate: async (_, { index }) => (asked.push(index), draws[index % 3]!) };
    const pair = { image: direct('judge'), embedTexts: async (texts: readonly string[]) => Float32Array.from(texts.flatMap((text) => (text === 'left' ? [1, 0] : [0, 1]))) }; // prettier-ignore
    const best = rerank(poor, { draws: 3, pair });
    expect(Array.from((await best.generate(['left', 'right'], { seed: 0, index: 1 })).data)).toEqual([1, 0, 0, 1]);
    expect(asked).toEqual([3, 4, 5]);
    expect(draws[0]!.data).toEqual(rows([1, 0], [0.6, 0.8]).data); // not written over
    expect(() => rerank(poor, { draws: 1, pair })).toThrow("rerank: 'draws' is 1; must be an integer of at least 2.");
  });
  it('keeps the mirror images that were asked for last', async () => {
    const asked: string[] = [];
    let made = 0;
    const counting: Generator = { id: 'g', generate: async (texts) => (asked.push(texts.join()), rows(...texts.map(() => [made++ / 10, 0] as const))) }; // prettier-ignore
    const keeps = cached(counting, { size: 2 });
    const draw = { seed: 1, index: 0 };
    const first = async (...texts: string[]) => Array.from((await keeps.generate(texts, draw)).data.filter((_, k) => k % 2 === 0), (value) => Math.round(10 * value)); // prettier-ignore
    expect(await first('a', 'b', 'a')).toEqual([0, 1, 0]);
    expect(await first('a')).toEqual([0]); // a is younger than b now
    expect(await first('c')).toEqual([2]);
    expect(await first('a', 'b')).toEqual([0, 3]);
    expect(asked).toEqual(['a,b', 'c', 'b']);
    await keeps.generate(['b'], { seed: 2, index: 0 });
    expect(asked.at(-1)).toBe('b');
    expect(asked).toHaveLength(4);
    expect(() => cached(counting, { size: 0 })).toThrow("cached: 'size' is 0; must be an integer of at least 1.");
  });
  it('identity gives what is there, for as many texts', async () => {
    expect(await identity(images).generate(['a', 'b', 'c'], { seed: 0, index: 0 })).toBe(images);
    await expect(identity(images).generate(['a'], { seed: 0, index: 0 })).rejects.toThrow('identity: 1 texts came; must be 3'); // prettier-ignore
  });
});
