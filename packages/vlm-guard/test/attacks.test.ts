import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adaptive, type Attacked, bim, cw, di, ead, fgsm, type Goal, type Images, imagesOf, mi, pgd, pick, type Scorer, square, ti, type WhiteBox, type WhiteEncoder } from '../src/index.js'; // prettier-ignore
import { ascent } from '../src/attacks/attack.js';

interface Fixture extends Readonly<Record<'fgsm' | 'bim' | 'mi' | 'cw' | 'ead' | 'eadL1', number[][]>> {
  readonly images: number[][];
  readonly targets: number[];
  readonly W: number[][];
  readonly b: number[];
  readonly V: number[][];
}
const fixture = JSON.parse(readFileSync(new URL('./fixtures/attacks.json', import.meta.url), 'utf8')) as Fixture;
const images: Images = { data: Float32Array.from(fixture.images.flat()), shape: [4, 2, 3, 1] };
const goal: Goal = { labels: fixture.targets, targeted: true };

/** The fixture's network. */
let model: WhiteBox & Scorer;
let weights: tf.Tensor[] = [];
beforeAll(async () => void (await useBackend('wasm')));
beforeEach(() => {
  tf.dispose(weights);
  weights = [tf.tensor2d(fixture.W), tf.tensor1d(fixture.b), tf.tensor2d(fixture.V)];
  const [W, b, V] = weights as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
  const logits = (x: tf.Tensor4D) => tf.matMul(tf.tanh(tf.add(tf.matMul(tf.reshape(x, [-1, 6]) as tf.Tensor2D, W), b)), V); // prettier-ignore
  model = {
    classes: 3,
    logits: logits as WhiteBox['logits'],
    async scores({ data, shape }) {
      const z = tf.tidy(() => logits(tf.tensor4d(data, [...shape])));
      const values = (await z.data<'float32'>()).slice();
      z.dispose();
      return values;
    },
  };
});

const largest = (a: Float32Array, b: readonly number[]) => a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k]!)), 0); // prettier-ignore
const labelsOf = async ({ images: changed }: Attacked) => {
  const z = await model.scores(changed);
  return Array.from({ length: 4 }, (_, i) => [0, 1, 2].reduce((best, k) => (z[3 * i + k]! > z[3 * i + best]! ? k : best), 0)); // prettier-ignore
};

describe('step for step as plain Python in float64', () => {
  const search = { rate: 0.05, steps: 40, searches: 4, weight: 0.1 } as const;
  const runs: Record<string, () => Promise<Attacked>> = {
    fgsm: () => fgsm(model, images, goal, { epsilon: 0.1 }),
    bim: () => bim(model, images, goal, { epsilon: 0.2, step: 0.03, steps: 9 }),
    mi: () => mi(model, images, goal, { epsilon: 0.2, step: 0.03, steps: 9, decay: 0.9 }),
    cw: () => cw(model, images, goal, search),
    ead: () => ead(model, images, goal, { ...search, beta: 0.01 }),
    eadL1: () => ead(model, images, goal, { ...search, beta: 0.01, rule: 'l1' }),
  };
  it.each(Object.keys(runs))('%s', async (name) => {
    const before = tf.memory().numTensors;
    const attacked = await runs[name]!();
    expect(tf.memory().numTensors).toBe(before);
    expect(largest(attacked.images.data, fixture[name as 'bim'].flat())).toBeLessThan(2e-4);
    // Success is what the victim says of the images that are handed back.
    expect(attacked.success).toEqual((await labelsOf(attacked)).map((label, i) => label === goal.labels[i]));
  });
});

describe('gradients', () => {
  it.each([true, false])('of what is climbed are those of finite differences, targeted: %s', (targeted) => {
    const x = tf.tensor4d(images.data, [...images.shape]);
    const labels = tf.tensor1d(fixture.targets, 'int32');
    const g = tf.tidy(() => ascent(model, x, labels, targeted)).dataSync<'float32'>();
    const value = (at: Float32Array) => {
      const z = model.logits(tf.tensor4d(at, [...images.shape])).dataSync<'float32'>();
      let sum = 0;
      fixture.targets.forEach((target, i) => {
        const row = z.subarray(3 * i, 3 * i + 3);
        const entropy = Math.log(row.reduce((s, v) => s + Math.exp(v), 0)) - row[target]!;
        sum += targeted ? -entropy : entropy;
      });
      return sum;
    };
    for (const k of [0, 7, 15, 23]) {
      const moved = (h: number) => value(images.data.map((v, i) => (i === k ? v + h : v)));
      expect(g[k]).toBeCloseTo((moved(0.01) - moved(-0.01)) / 0.02, 2);
    }
  });
});

describe('PGD', () => {
  it('stays in the ball and in [0, 1], depends on its seed alone, and does not do worse with restarts', async () => {
    const run = (options: object) => pgd(model, images, goal, { epsilon: 0.15, steps: 5, ...options });
    const first = await run({ seed: 1 });
    first.images.data.forEach((value, k) => {
      expect(Math.abs(value - images.data[k]!)).toBeLessThanOrEqual(0.15 + 1e-6);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    });
    expect((await run({ seed: 1 })).images.data).toEqual(first.images.data);
    expect((await run({ seed: 2 })).images.data).not.toEqual(first.images.data);
    const again = await run({ seed: 1, restarts: 4 });
    again.success.forEach((won, i) => expect(Number(won)).toBeGreaterThanOrEqual(Number(first.success[i])));
    expect([...first.queries]).toEqual([6, 6, 6, 6]);
  });
  it('of a targeted goal climbs to the target, of an untargeted one away from the label', async () => {
    const { success } = await pgd(model, images, goal, { epsilon: 0.5, steps: 40 });
    expect(success).toEqual([true, true, true, true]);
    const away = await pgd(model, images, { labels: fixture.targets, targeted: false }, { epsilon: 0.5, steps: 40 });
    expect(away.success).toEqual([true, true, true, true]);
    (await labelsOf(away)).forEach((label, i) => expect(label).not.toBe(fixture.targets[i]));
  });
  it('clamps at the end alone when asked to, which is another attack near the border', async () => {
    const dark: Images = { data: images.data.map((value) => value * 0.05), shape: images.shape };
    const run = (clamp: 'loop' | 'end') => bim(model, dark, goal, { epsilon: 0.2, steps: 12, clamp });
    const [loop, end] = [await run('loop'), await run('end')];
    expect(Math.min(...end.images.data)).toBe(0);
    expect(end.images.data).not.toEqual(loop.images.data);
  });
  it('leaves what has succeeded alone when asked to', async () => {
    const early = await bim(model, images, goal, { epsilon: 0.3, steps: 30, earlyStop: true });
    const late = await bim(model, images, goal, { epsilon: 0.3, steps: 30 });
    expect(early.linf[0]).toBe(0); // its label is the target to begin with
    expect(late.linf[0]).toBeGreaterThan(0.1);
    expect(early.warnings).toEqual(['2 of 4 images did not change']);
    early.linf.forEach((change, i) => expect(change).toBeLessThanOrEqual(late.linf[i]! + 1e-6));
  });
  it('says when a gradient is masked, and stops when asked to', async () => {
    const masked: WhiteBox = { classes: 3, logits: (x) => model.logits(tf.round(x)) };
    const { warnings } = await bim(masked, images, goal, { epsilon: 0.1, steps: 2 });
    expect(warnings).toEqual(['the gradient of 4 of 4 images is zero: it may be masked or saturated', '4 of 4 images did not change']); // prettier-ignore
    const before = tf.memory().numTensors;
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(pgd(model, images, goal, { epsilon: 0.1, signal })).rejects.toThrow('no more');
    await expect(cw(model, images, goal, { signal })).rejects.toThrow('no more');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('transforms', () => {
  it('DI without transforms is BIM, and with them depends on its seed', async () => {
    const options = { epsilon: 0.2, steps: 6 };
    const plain = (await bim(model, images, goal, options)).images.data;
    expect((await di(model, images, goal, { ...options, probability: 0 })).images.data).toEqual(plain);
    const shown = (seed: number) => di(model, images, goal, { ...options, probability: 1, shrink: 0.5, seed });
    expect((await shown(1)).images.data).toEqual((await shown(1)).images.data);
    expect((await shown(1)).images.data).not.toEqual(plain);
  });
  it('TI with a kernel of one pixel is BIM; with a wide one neighbours move alike', async () => {
    const options = { epsilon: 0.2, steps: 6 };
    const plain = (await bim(model, images, goal, options)).images.data;
    expect((await ti(model, images, goal, { ...options, kernel: 1 })).images.data).toEqual(plain);
    // Constant weights: the sign of the sum of the gradient is that of every pixel.
    const { images: smooth } = await ti(model, images, goal, { epsilon: 0.01, steps: 1, step: 0.01, kernel: 11, deviations: 1e-3 }); // prettier-ignore
    for (let i = 0; i < 4; i++) {
      const signs = new Set(Array.from({ length: 6 }, (_, k) => Math.sign(smooth.data[6 * i + k]! - images.data[6 * i + k]!)).filter(Boolean)); // prettier-ignore
      expect(signs.size).toBe(1);
    }
  });
});

describe('C&W and EAD', () => {
  it('succeed nearer than PGD, and a weight too small finds nothing', async () => {
    const { success, l2 } = await cw(model, images, goal, { rate: 0.05, steps: 60, searches: 6, weight: 0.1 });
    const wide = await pgd(model, images, goal, { epsilon: 0.4, steps: 40 });
    expect(success).toEqual([true, true, true, true]);
    [1, 3].forEach((i) => expect(l2[i]).toBeLessThan(wide.l2[i]!));
    const weak = await cw(model, images, goal, { steps: 5, searches: 1, weight: 1e-6 });
    expect([weak.success[1], weak.linf[1]]).toEqual([false, 0]);
  });
  it('with confidence go further', async () => {
    const search = { rate: 0.05, steps: 40, searches: 4, weight: 0.1 };
    const [near, sure] = [await cw(model, images, goal, search), await cw(model, images, goal, { ...search, confidence: 0.5 })]; // prettier-ignore
    expect(sure.l2[1]).toBeGreaterThan(near.l2[1]! + 0.02);
  });
});

describe('Square', () => {
  it('never accepts a worse margin, keeps its budget and the ball, and asks for scores alone', async () => {
    const seen: number[] = [];
    const counting = { classes: 3, scores: (x: Images) => (seen.push(x.shape[0]), model.scores(x)) };
    const attacked = await square(counting, images, goal, { epsilon: 0.3, queries: 60, share: 0.4, seed: 2 });
    expect(seen[0]).toBe(4);
    expect(seen.reduce((a, b) => a + b)).toBe(attacked.queries.reduce((a, b) => a + b));
    expect(Math.max(...attacked.queries)).toBeLessThanOrEqual(60);
    expect([...attacked.queries.slice(0, 1)]).toEqual([1]); // succeeded before anything was changed
    expect(Math.max(...attacked.linf)).toBeLessThanOrEqual(0.3 + 1e-6);
    expect(attacked.success).toEqual((await labelsOf(attacked)).map((label, i) => label === goal.labels[i]));
  });
  it('keeps the least margin that it has seen since the stripes', async () => {
    const margins: number[] = [];
    const marginOf = (z: Float32Array) => Math.max(z[0]!, z[1]!) - z[2]!;
    const watching = {
      classes: 3,
      async scores(x: Images) {
        const z = await model.scores(x);
        margins.push(marginOf(z));
        return z;
      },
    };
    const hard = { labels: [2], targeted: true };
    const { images: at, success } = await square(watching, pick(images, [1]), hard, { epsilon: 0.05, queries: 40, share: 0.4, seed: 2 }); // prettier-ignore
    expect(success).toEqual([false]);
    expect(margins).toHaveLength(40);
    expect(marginOf(await model.scores(at))).toBe(Math.min(...margins.slice(1)));
    expect(marginOf(await model.scores(at))).toBeLessThan(margins[1]!);
  });
});

describe('adaptive', () => {
  /** The first four pixels, as they are, with a noise that shows where one-time use came in. */
  const pixels = (): WhiteEncoder => {
    const embedding = (x: tf.Tensor4D) => tf.slice(tf.reshape(x, [-1, 6]), [0, 0], [-1, 4]) as tf.Tensor2D;
    const own = {
      id: 'pixels',
      width: 4,
      embedding,
      embed: async ({ data, shape: [n] }: Images) => data.slice(0, 4 * n),
    };
    return { ...own, perturbed: ({ sigma, key }) => ({ ...own, embedding: (x) => tf.add(embedding(x), sigma * key.normal()), release: () => undefined }) }; // prettier-ignore
  };
  const adapter = { id: 'bright', embeddings: async (texts: readonly string[]) => Float32Array.from(texts.flatMap(() => [1, 0, 0, 0])) }; // prettier-ignore
  const options = { epsilon: 0.2, steps: 12, encoders: [pixels()], adapter, texts: ['a', 'b', 'c', 'd'] };
  const cosine = ({ images: { data } }: Attacked, i: number) => data[6 * i]! / Math.hypot(...data.subarray(6 * i, 6 * i + 4)); // prettier-ignore
  it('without λ is BIM; with a large one it sees to the encoder instead', async () => {
    const before = tf.memory().numTensors;
    const plain = await adaptive(model, images, goal, { ...options, lambda: 0 });
    expect(plain.images.data).toEqual(
      (await bim(model, images, goal, { epsilon: 0.2, step: 0.02, steps: 12 })).images.data,
    );
    const alike = await adaptive(model, images, goal, { ...options, lambda: 1e6 });
    for (let i = 0; i < 4; i++) expect(cosine(alike, i)).toBeGreaterThan(cosine(plain, i));
    // cos rises with the first pixel and falls with the others: the end of the ball, or of [0, 1].
    for (let k = 0; k < 4; k++) {
      const end = images.data[k]! + (k === 0 ? 0.2 : -0.2);
      // At 0 the slope is none, and the victim may move it by a step.
      expect(Math.abs(alike.images.data[k]! - Math.min(1, Math.max(0, end)))).toBeLessThan(0.0201);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
  it('averages over one-time use, keyed by its seed', async () => {
    const run = (seed: number) => adaptive(model, images, goal, { ...options, lambda: 1, seed, otu: { sigma: 0.5, scale: 'absolute', samples: 3 } }); // prettier-ignore
    expect((await run(1)).images.data).toEqual((await run(1)).images.data);
    expect((await run(1)).images.data).not.toEqual((await run(2)).images.data);
  });
  it.each<[string, object]>([
    ["adaptive: 'lambda' is -1", { lambda: -1 }],
    ["adaptive: 'encoders' is []", { lambda: 1, encoders: [] }],
    ["adaptive: 'texts' is [a]; must be of length 4", { lambda: 1, texts: ['a'] }],
    ["adaptive: 'otu.samples' is 0", { lambda: 1, otu: { sigma: 1, scale: 'absolute', samples: 0 } }],
  ])('refuses %s', (message, wrong) => expect(adaptive(model, images, goal, { ...options, ...wrong } as never)).rejects.toThrow(message)); // prettier-ignore
});

describe('bad input', () => {
  const epsilon = 0.1;
  it.each<[string, () => Promise<unknown>]>([
    ["bim: value 0 of images", () => bim(model, { data: images.data.map((v) => 255 * v), shape: images.shape }, goal, { epsilon })], // prettier-ignore
    ["They look like 0 … 255", () => bim(model, { data: images.data.map((v) => 255 * v), shape: images.shape }, goal, { epsilon })], // prettier-ignore
    ["bim: 'value 3 of images' is NaN", () => bim(model, { data: images.data.map((v, i) => (i === 3 ? NaN : v)), shape: images.shape }, goal, { epsilon })], // prettier-ignore
    ["'channels of images' is 4; must be 1, grey, or 3, RGB. Take alpha out", () => bim(model, { data: new Float32Array(4), shape: [1, 1, 1, 4] }, goal, { epsilon })], // prettier-ignore
    ["fgsm: 'epsilon' is -1", () => fgsm(model, images, goal, { epsilon: -1 })],
    ["pgd: 'restarts' is 0", () => pgd(model, images, goal, { epsilon, restarts: 0 })],
    ["pgd: 'radius' is no option", () => pgd(model, images, goal, { radius: 1 } as never)],
    ["bim: 'goal.labels' is [1]; must be of length 4", () => bim(model, images, { labels: [1], targeted: true }, { epsilon })], // prettier-ignore
    ["bim: 'goal.labels[2]' is 3; must be an integer from 0 to 2", () => bim(model, images, { labels: [0, 1, 3, 0], targeted: true }, { epsilon })], // prettier-ignore
    ["bim: 'goal' is", () => bim(model, images, { labels: [0, 1, 2, 0] } as never, { epsilon })],
    ["ti: 'kernel' is 4; must be odd", () => ti(model, images, goal, { epsilon, kernel: 4 })],
    ["square: 'queries' is 1", () => square(model, images, goal, { epsilon, queries: 1 })],
    ["ead: 'rule' is 'l2'", () => ead(model, images, goal, { rule: 'l2' as 'l1' })],
  ])('is refused: %s', (message, call) => expect(call()).rejects.toThrow(message.replace(/^bim: value 0/, "bim: 'value 0"))); // prettier-ignore
  it('a tensor goes to images and back', async () => {
    const x = tf.tensor4d(images.data, [...images.shape]);
    expect(await imagesOf(x)).toEqual(images);
  });
});
