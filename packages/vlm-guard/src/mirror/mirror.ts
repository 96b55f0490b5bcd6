/**
 * MirrorCheck, §3.1: t = F_θ(x; p), x_gen = G_ψ(t), s_φ = cos(I_φ(x), I_φ(x_gen)), score = mean of s_φ over the encoders, and an
 * image is taken for adversarial where score < τ, strictly.
 */
import { integer, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images, pick } from '../images.js';
import type { Encoder, Generator, Prototype, Victim } from '../models.js';

/** Options of {@link mirrorScores}. */
export interface MirrorOptions {
  readonly victim: Victim;
  /** A generator, or embeddings in its place. */
  readonly generator: Generator | Prototype;
  /** At least one, no two of one id. */
  readonly encoders: readonly Encoder[];
  /** What the victim is asked, p. Default ''. */
  readonly prompt?: string;
  /** Mirror images of each text, m. Default 1, the paper's. The input is embedded once. */
  readonly draws?: number;
  /** How the scores of the draws become one. Default `mean`; with more draws than one `max` is the better detector here. */
  readonly reduce?: 'mean' | 'max';
  /** Of the draws. Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** What MirrorCheck found in one image. */
export interface MirrorScore {
  /** High for clean images, in [−1, 1]; null where there is none, and `reason` says why. */
  readonly score: number | null;
  /** What the victim said. */
  readonly text: string;
  /** Cosine by the id of the encoder: of the best draw with `max`, else the mean over draws. */
  readonly perEncoder: Readonly<Record<string, number>>;
  /** The score that each draw alone would give, in order; empty without a score. */
  readonly perDraw: readonly number[];
  /** The mirror images, one a draw; null without a score, or where a prototype takes their place. */
  readonly generated: Images | null;
  /** Why the image is undecidable. */
  readonly reason: string | null;
}

/** A score with what follows from it. */
export interface MirrorVerdict extends MirrorScore {
  readonly decision: 'clean' | 'adversarial' | 'undecidable';
  /** τ. */
  readonly threshold: number;
}

const OPTIONS = { victim: 1, generator: 1, encoders: 1, prompt: 1, draws: 1, reduce: 1, seed: 1, signal: 1 };

/**
 * Scores of images, high for clean ones. An empty text, an embedding of length 0 and NaN give no score but a reason.
 * @throws RangeError for images outside [0, 1] or an option out of range
 * @throws what a model throws, and the signal's reason when it was aborted
 */
export async function mirrorScores(images: Images, options: MirrorOptions): Promise<MirrorScore[]> {
  requireOptions<MirrorOptions>('mirrorScores', options, OPTIONS);
  checkMirror('mirrorScores', images, options);
  const { victim, prompt = '', signal } = options;
  return scoresOfTexts(images, await textsOf(images, victim, prompt, signal), options);
}

/**
 * Scores and decisions.
 * @param images in [0, 1]
 * @param options those of {@link mirrorScores}, and
 * @param options.threshold τ, from clean images of the same world: see `threshold`. The authors' command line has 0.55 for theirs
 * @throws RangeError as `mirrorScores`
 */
export async function mirrorCheck(
  images: Images,
  options: MirrorOptions & { readonly threshold: number },
): Promise<MirrorVerdict[]> {
  requireOptions<typeof options>('mirrorCheck', options, { ...OPTIONS, threshold: 1 });
  const { threshold, ...rest } = options;
  checkThreshold('mirrorCheck', threshold);
  return (await mirrorScores(images, rest)).map((found) => decide(found, threshold));
}

/** @throws RangeError unless τ is finite */
export function checkThreshold(where: string, threshold: number): void {
  if (!Number.isFinite(threshold)) throw invalid(where, 'threshold', threshold, 'a finite number', 'Take it from clean images: threshold() does.'); // prettier-ignore
}

/** Strictly below τ is adversarial. */
export function decide(found: MirrorScore, threshold: number): MirrorVerdict {
  const { score } = found;
  return { ...found, threshold, decision: score === null ? 'undecidable' : score < threshold ? 'adversarial' : 'clean' }; // prettier-ignore
}

/** @throws RangeError for what is shared by plain and stochastic checks */
export function checkMirror(
  where: string,
  images: Images,
  { encoders, draws = 1, reduce = 'mean', seed = 0 }: Pick<MirrorOptions, 'encoders' | 'draws' | 'reduce' | 'seed'>,
): void {
  checkImages(where, images);
  if (!Array.isArray(encoders) || encoders.length === 0) throw invalid(where, 'encoders', encoders, 'an array of at least one', 'Several that were trained apart are better.'); // prettier-ignore
  const ids = encoders.map(({ id }: Encoder) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw invalid(where, 'encoders', ids, 'of different ids', `'${twice}' is there twice: give each once.`); // prettier-ignore
  integer(where, 'draws', draws, 1, 'Leave it out for 1.');
  oneOf(where, 'reduce', reduce, ['mean', 'max']);
  integer(where, 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
}

/** What the victim says, a text an image. */
export async function textsOf(
  images: Images,
  victim: Victim,
  prompt: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  signal?.throwIfAborted();
  const texts = await victim.describe(images, prompt, signal);
  const [count] = images.shape;
  if (texts?.length !== count || texts.some((text) => typeof text !== 'string')) {
    throw new TypeError(`mirrorScores: victim '${victim.id}' gave ${String(texts?.length)} answers; must be ${count} texts. One for each image.`); // prettier-ignore
  }
  return texts;
}

/** The scores of images with these texts. */
export async function scoresOfTexts(
  images: Images,
  texts: readonly string[],
  options: Omit<MirrorOptions, 'victim' | 'prompt'>,
): Promise<MirrorScore[]> {
  const { generator, encoders, draws = 1, reduce = 'mean', seed = 0, signal } = options;
  const said = texts.flatMap((text, i) => (text.trim() === '' ? [] : [i]));
  const found: MirrorScore[] = texts.map((text) => ({ score: null, text, perEncoder: {}, perDraw: [], generated: null, reason: 'the caption is empty' })); // prettier-ignore
  if (said.length === 0) return found;
  const inputs = said.length === texts.length ? images : pick(images, said);
  const spoken = said.map((i) => texts[i]!);
  const mirrors: (Images | null)[] = [];
  // A prototype is what it is: one draw.
  for (let index = 0; index < ('generate' in generator ? draws : 1); index++) {
    signal?.throwIfAborted();
    mirrors.push('generate' in generator ? await generated(generator, spoken, { seed, index }, signal) : null);
  }
  /** Of each draw and encoder, a cosine for each image. */
  const cosines: Float64Array[][] = mirrors.map(() => []);
  for (const encoder of encoders) {
    const z = await embedded(encoder, inputs, signal);
    for (const [draw, mirror] of mirrors.entries()) {
      const other = mirror === null ? await (generator as Prototype).embeddings(spoken, encoder, signal) : await embedded(encoder, mirror, signal); // prettier-ignore
      cosines[draw]!.push(cosinesOf(z, other, encoder.width));
    }
  }
  said.forEach((row, i) => {
    const byDraw = cosines.map((ofEncoders) => ofEncoders.map((values) => values[i]!));
    const means = byDraw.map(meanOf);
    const bad = encoders.findIndex((_, e) => byDraw.some((values) => Number.isNaN(values[e])));
    if (bad >= 0) {
      found[row] = { ...found[row]!, reason: `the embedding by '${encoders[bad]!.id}' is zero or not finite` };
      return;
    }
    const best = means.indexOf(Math.max(...means));
    const kept = reduce === 'max' ? byDraw[best]! : encoders.map((_, e) => meanOf(byDraw.map((values) => values[e]!)));
    found[row] = {
      text: texts[row]!,
      score: reduce === 'max' ? means[best]! : meanOf(means),
      perEncoder: Object.fromEntries(encoders.map(({ id }, e) => [id, kept[e]!])),
      perDraw: means,
      generated: mirrors[0] === null ? null : joined(mirrors as Images[], i),
      reason: null,
    };
  });
  return found;
}

/** One image of each batch. */
function joined(batches: readonly Images[], row: number): Images {
  const ones = batches.map((batch) => pick(batch, [row]));
  const size = ones[0]!.data.length;
  const data = new Float32Array(ones.length * size);
  ones.forEach((one, i) => data.set(one.data, i * size));
  return { data, shape: [ones.length, ...(ones[0]!.shape.slice(1) as [number, number, number])] };
}

async function generated(
  generator: Generator,
  texts: readonly string[],
  draw: { seed: number; index: number },
  signal?: AbortSignal,
): Promise<Images> {
  const mirror = await generator.generate(texts, draw, signal);
  checkImages('mirrorScores', mirror, `what generator '${generator.id}' gave`);
  if (mirror.shape[0] === texts.length) return mirror;
  throw new RangeError(`mirrorScores: generator '${generator.id}' gave ${mirror.shape[0]} images; must be ${texts.length}. One for each text.`); // prettier-ignore
}

/** @throws RangeError for another number of numbers than images × width */
export async function embedded(encoder: Encoder, images: Images, signal?: AbortSignal): Promise<Float32Array> {
  signal?.throwIfAborted();
  const z = await encoder.embed(images, signal);
  if (z?.length === images.shape[0] * encoder.width) return z;
  throw new RangeError(`mirrorScores: encoder '${encoder.id}' gave ${String(z?.length)} numbers; must be ${images.shape[0]} × ${encoder.width}. A row for each image.`); // prettier-ignore
}

/** Cosines of rows; NaN where one has no direction. */
export function cosinesOf(a: Float32Array, b: Float32Array, width: number): Float64Array {
  return Float64Array.from({ length: a.length / width }, (_, i) => {
    let [dot, aa, bb] = [0, 0, 0];
    for (let k = i * width; k < (i + 1) * width; k++) {
      dot += a[k]! * b[k]!;
      aa += a[k]! * a[k]!;
      bb += b[k]! * b[k]!;
    }
    // Rounding may leave [−1, 1] by an ulp.
    const cosine = dot / Math.sqrt(aa) / Math.sqrt(bb);
    return Number.isFinite(cosine) ? Math.max(-1, Math.min(1, cosine)) : NaN;
  });
}

const meanOf = (x: readonly number[]): number => x.reduce((sum, value) => sum + value, 0) / x.length;
