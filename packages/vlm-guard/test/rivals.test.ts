import { describe, expect, it } from 'vitest';
import { type Answers, bitDepth, brightness, captionAnswers, cider, clip, featureSqueezing, type Generator, type Images, type ImageTextPair, jailGuard, labelAnswers, magNet, median2, naiveText, noise, pixels, puVae, purification, reformed, shift, smoothVlm, type Victim } from '../src/index.js'; // prettier-ignore
import { stream } from '@assay-ml/numerics';

const grey = (height: number, width: number, ...values: number[]): Images => ({ data: Float32Array.from(values), shape: [values.length / height / width, height, width, 1] }); // prettier-ignore
/** The mean of an image, which answers nothing else. */
const brightnessOf: Answers = {
  width: 1,
  rows: async ({ data, shape: [count] }) => Float32Array.from({ length: count }, (_, i) => data.subarray((i * data.length) / count, ((i + 1) * data.length) / count).reduce((a, b) => a + b, 0) / (data.length / count)), // prettier-ignore
  distance: (a, b) => Math.abs(a[0]! - b[0]!),
};

describe('answers', () => {
  it('of labels are probabilities, ‖p − q‖₁ apart', async () => {
    const answers = labelAnswers({ classes: 2, scores: async () => Float32Array.of(0, Math.log(3), 2, 2) });
    const rows = await answers.rows(grey(1, 1, 0, 0));
    [0.25, 0.75, 0.5, 0.5].forEach((p, k) => expect(rows[k]).toBeCloseTo(p, 6));
    expect(answers.distance(rows.subarray(0, 2), rows.subarray(2))).toBeCloseTo(0.5, 6);
  });
  it('of captions are embeddings, 1 − cosine apart, and 1 where one is nothing', async () => {
    const victim: Victim = { id: 'v', describe: async () => ['a', 'b', ''] };
    const of: Record<string, number[]> = { a: [2, 0], b: [1, 1], '': [0, 0] };
    const answers = captionAnswers(victim, async (texts) => Float32Array.from(texts.flatMap((text) => of[text]!)), 2);
    const z = await answers.rows(grey(1, 1, 0, 0, 0));
    expect(answers.distance(z.subarray(0, 2), z.subarray(2, 4))).toBeCloseTo(1 - Math.SQRT1_2, 6);
    expect(answers.distance(z.subarray(0, 2), z.subarray(4))).toBe(1);
  });
});

describe('feature squeezing', () => {
  it('rounds to levels, and takes the upper median of a window up and left, as SciPy', () => {
    expect([...bitDepth(1)(grey(1, 4, 0, 0.4, 0.6, 1)).data]).toEqual([0, 0, 1, 1]);
    expect(bitDepth(2)(grey(1, 1, 0.4)).data[0]).toBeCloseTo(1 / 3, 6);
    // scipy.ndimage.median_filter([[1, 5, 2], [8, 3, 9]] / 10, size=2, mode='reflect')
    const { data } = median2(grey(2, 3, 0.1, 0.5, 0.2, 0.8, 0.3, 0.9));
    [0.1, 0.5, 0.5, 0.8, 0.5, 0.5].forEach((value, k) => expect(data[k], `pixel ${k}`).toBeCloseTo(value, 6));
  });
  it('scores less the largest change of the answer', async () => {
    const images = grey(1, 2, 0.5, 0.5, 0.4, 0.2, 1, 0);
    const rival = featureSqueezing({ answers: brightnessOf, squeezers: [bitDepth(1), (same) => same] });
    const scores = await rival.score(images);
    [-0.5, -0.3, 0].forEach((value, i) => expect(scores[i]).toBeCloseTo(value, 6));
    expect(() => featureSqueezing({ answers: brightnessOf, squeezers: [] })).toThrow(
      "featureSqueezing: 'squeezers' is []",
    );
    await expect(rival.score(grey(1, 1, 2))).rejects.toThrow(
      "featureSqueezing: 'value 0 of images' is 2; must be from 0 to 1.",
    );
  });
});

describe('JailGuard', () => {
  it('changes images as its mutations say', () => {
    const [image, out, draw] = [Float32Array.of(0.1, 0.2, 0.3, 0.4), new Float32Array(4), stream(1, 'draw')];
    brightness(0)(image, out, [2, 2, 1], draw);
    expect(out).toEqual(image);
    shift(0)(image, out.fill(0), [2, 2, 1], draw);
    expect(out).toEqual(image);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      shift(1)(image, out, [2, 2, 1], draw);
      seen.add(out.join());
    }
    expect(seen.size).toBe(9);
    noise(0.1)(image, out, [2, 2, 1], draw);
    out.forEach((value, k) => expect(Math.abs(value - image[k]!)).toBeLessThan(0.6));
    expect(out).not.toEqual(image);
  });
  it('scores less the largest distance of two answers', async () => {
    let copy = 0;
    const rival = jailGuard({ answers: brightnessOf, copies: 3, mutations: [(image, out) => out.set(image.map((v) => v * [1, 0.5, 0][copy++ % 3]!))] }); // prettier-ignore
    expect((await rival.score(grey(1, 1, 0.8)))[0]).toBeCloseTo(-0.8, 6);
    expect(() => jailGuard({ answers: brightnessOf, copies: 1 })).toThrow("jailGuard: 'copies' is 1; must be an integer of at least 2."); // prettier-ignore
  });
  it('never leaves [0, 1], and is the same for the same seed', async () => {
    const seen: Float32Array[] = [];
    const watching: Answers = {
      ...brightnessOf,
      rows: (images) => (seen.push(images.data), brightnessOf.rows(images)),
    };
    const score = (seed: number) => jailGuard({ answers: watching, seed }).score(grey(2, 2, 1, 1, 0, 0, 0.5, 1, 0, 0));
    expect(await score(1)).toEqual(await score(1));
    expect(await score(1)).not.toEqual(await score(2));
    for (const data of seen) data.forEach((value) => expect(value >= 0 && value <= 1).toBe(true));
  });
});

describe('SmoothVLM', () => {
  it('scores the share of the majority, and masks as many pixels as it says', async () => {
    const lost: number[] = [];
    const victim: Victim = {
      id: 'v',
      async describe({ data }) {
        lost.push(data.subarray(0, 100).filter((value) => value === 0).length);
        return [data[0] === 0 ? 'dark' : 'bright', 'same'];
      },
    };
    const images: Images = { data: new Float32Array(200).fill(1), shape: [2, 10, 10, 1] };
    const scores = await smoothVlm({ victim, copies: 20, share: 0.5, seed: 4 }).score(images);
    const dark = scores[0]!;
    expect(scores[1]).toBe(1);
    expect(dark).toBeGreaterThanOrEqual(0.5);
    expect(dark).toBeLessThan(1);
    // 50 draws with replacement of 100 pixels: 39.5 on average.
    expect(lost.reduce((a, b) => a + b) / 20).toBeGreaterThan(37);
    expect(lost.reduce((a, b) => a + b) / 20).toBeLessThan(42);
    expect(() => smoothVlm({ victim, share: 1 })).toThrow("smoothVlm: 'share' is 1; must be between 0 and 1.");
  });
});
describe('MagNet', () => {
  const half = async ({ data, shape }: Images): Promise<Images> => ({ data: data.map((value) => value / 2), shape });
  const images = grey(1, 2, 0.4, 0.8, 0, 0.2);
  it('scores less the mean change of a pixel, or its root mean square', async () => {
    const near = async (detector: 'l1' | 'l2', wanted: readonly number[]) => (await magNet({ reconstruct: half, detector }).score(images)).forEach((score, i) => expect(score).toBeCloseTo(wanted[i]!, 6)); // prettier-ignore
    await near('l1', [-0.3, -0.05]);
    await near('l2', [-Math.sqrt(0.1), -Math.sqrt(0.005)]);
  });
  it('scores less the divergence of softened answers: none where they agree, log 2 where they exclude each other', async () => {
    const victim = {
      classes: 2,
      scores: async ({ data }: Images) => data.map((value, k) => (k % 2 === 0 ? 1000 * value : 0)),
    };
    const score = (reconstruct: (x: Images) => Promise<Images>, temperature?: number) => magNet({ reconstruct, detector: 'jsd', victim, ...(temperature && { temperature }) }).score(grey(1, 2, 1, 0)); // prettier-ignore
    expect((await score(async (x) => x))[0]).toBeCloseTo(0, 12);
    const opposite = async ({ shape }: Images): Promise<Images> => ({ data: Float32Array.of(-1, 0), shape });
    expect((await score(opposite))[0]).toBeCloseTo(-Math.LN2, 6);
    expect((await score(opposite, 1e6))[0]).toBeCloseTo(0, 5);
    expect(() => magNet({ reconstruct: half, detector: 'jsd' })).toThrow(
      "magNet: 'victim' is undefined; must be a victim with 'jsd'.",
    );
  });
  it('reforms what the victim sees', async () => {
    const victim: Victim = { id: 'v', describe: async ({ data }) => [String(data[0])] };
    expect(await reformed(victim, half).describe(grey(1, 1, 0.5), '')).toEqual(['0.25']);
  });
});

describe('PuVAE', () => {
  it('scores less the distance to the nearest of all reconstructions', async () => {
    const rival = puVae({ classes: 3, reconstruct: async ({ data, shape }, label) => ({ data: data.map(() => label / 2), shape }) }); // prettier-ignore
    const scores = await rival.score(grey(1, 1, 0.1, 0.7, 1));
    [-0.1, -0.2, 0].forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 6));
    expect(() => puVae({ classes: 0, reconstruct: async (x) => x })).toThrow("puVae: 'classes' is 0");
  });
});

describe('one-step purification', () => {
  it('adds noise of variance 1 − ᾱ to √ᾱ of the image, and compares the answers', async () => {
    const count = 4000;
    const images = grey(1, 1, ...new Array<number>(count).fill(0.5));
    const noisy: Images[] = [];
    const denoise = async (x: Images): Promise<Images> => (
      noisy.push(x),
      { data: new Float32Array(count).fill(0.2), shape: x.shape }
    );
    const scores = await purification({ answers: brightnessOf, denoise, alphaBar: 0.64 }).score(images);
    expect(scores[7]).toBeCloseTo(-0.3, 6);
    const values = Array.from(noisy[0]!.data);
    const mean = values.reduce((a, b) => a + b) / count;
    expect(mean).toBeGreaterThan(0.4 - 4 * (0.6 / Math.sqrt(count)));
    expect(mean).toBeLessThan(0.4 + 4 * (0.6 / Math.sqrt(count)));
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
    expect(Math.abs(spread / 0.6 - 1)).toBeLessThan(0.05);
  });
});

describe('CLIP and CIDER', () => {
  const victim: Victim = { id: 'v', describe: async ({ shape }) => Array.from({ length: shape[0] }, () => 'right') };
  const pair: ImageTextPair = {
    image: { id: 'i', width: 2, embed: async ({ data }) => data },
    embedTexts: async (texts) => Float32Array.from(texts.flatMap(() => [1, 0])),
  };
  it('CLIP is the cosine of an image and its text', async () => {
    const scores = await clip({ victim, pair }).score(grey(1, 2, 0.6, 0.8, 1, 0));
    [0.6, 1].forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 6));
    await expect(clip({ victim, pair }).score(grey(1, 2, 0, 0))).rejects.toThrow(
      "imageTextCosines: image 0 or its text 'right' has an embedding without a direction",
    );
  });
  it('CIDER sees falls alone, unless told to look either way', async () => {
    // Denoising brings both images to (0.8, 0.6): the cosine of the first rises from .6 to .8, that of the second falls from 1.
    const denoise = async ({ shape }: Images): Promise<Images> => ({
      data: Float32Array.of(0.8, 0.6, 0.8, 0.6),
      shape,
    });
    const scores = (rule: 'one-sided' | 'either') =>
      cider({ victim, pair, denoise, rule, rounds: 2 }).score(grey(1, 2, 0.6, 0.8, 1, 0));
    const [a, b] = [await scores('one-sided'), await scores('either')];
    [0.2, -0.2].forEach((score, i) => expect(a[i]).toBeCloseTo(score, 6));
    [-0.2, -0.2].forEach((score, i) => expect(b[i]).toBeCloseTo(score, 6));
    expect(() => cider({ victim, pair, denoise, rule: 'up' as 'either' })).toThrow("cider: 'rule' is 'up'");
  });
});

describe('naive', () => {
  it('compares what is said of the mirror image; pixels are an encoder', async () => {
    const victim: Victim = { id: 'v', describe: async ({ shape }) => Array.from({ length: shape[0] }, () => 'a') };
    const generator: Generator = { id: 'g', generate: async () => grey(1, 1, 0.3, 0.9) };
    const scores = await naiveText({ victim, generator, answers: brightnessOf }).score(grey(1, 1, 0.5, 0.9));
    [-0.2, 0].forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 6));
    expect(await pixels([1, 2, 1]).embed(grey(1, 2, 0.1, 0.2))).toEqual(Float32Array.of(0.1, 0.2));
    expect(pixels([2, 3, 3]).width).toBe(18);
  });
});
