/**
 * Stochastic MirrorCheck, §3.2: the generator is drawn from a zoo, n encoders from another without replacement, and each is
 * perturbed for one use (OTU). Both images go through the same perturbed encoder.
 *
 * The authors' `config` mode draws all of it once for all images; `per-image`, the default, once for each. Their seed does
 * not reach the noise; here everything is keyed by `seed`.
 */
import { atLeast, integer, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import { type Stream, stream } from '@assay-ml/numerics';
import { type Images, pick } from '../images.js';
import type { Encoder, Generator, Prototype } from '../models.js';
import { checkMirror, checkThreshold, decide, type MirrorOptions, type MirrorScore, type MirrorVerdict, scoresOfTexts, textsOf } from './mirror.js'; // prettier-ignore

/** Options of {@link stochasticMirrorScores}. */
export interface StochasticOptions extends Omit<MirrorOptions, 'generator'> {
  /** The zoo that one generator is drawn from, uniformly; at least one. */
  readonly generators: readonly (Generator | Prototype)[];
  /** How many of the encoders are drawn. Default all of them. */
  readonly n?: number;
  /** What is perturbed: parameters, as the authors' code, embeddings, as their abstract, or nothing. Default `parameters`. */
  readonly otu?: 'parameters' | 'embeddings' | 'none';
  /** σ of the parameters, γ of embeddings. Default 5e-6, the authors': they find an effect from 5e-4 on. */
  readonly sigma?: number;
  /** Of noise on parameters: σ itself, or times each tensor's root mean square. Default `absolute`, the authors'. */
  readonly scale?: 'absolute' | 'relative';
  /** Drawn once for each image, or once for all. Default `per-image`. */
  readonly selection?: 'per-image' | 'config';
}

const OPTIONS = { victim: 1, generators: 1, encoders: 1, prompt: 1, draws: 1, reduce: 1, seed: 1, signal: 1, n: 1, otu: 1, sigma: 1, scale: 1, selection: 1 }; // prettier-ignore

/**
 * Scores as `mirrorScores`, of what was drawn.
 * @throws RangeError as `mirrorScores`; for n above the number of encoders; for `otu: 'parameters'` with an encoder that has none
 */
export async function stochasticMirrorScores(images: Images, options: StochasticOptions): Promise<MirrorScore[]> {
  const where = 'stochasticMirrorScores';
  requireOptions<StochasticOptions>(where, options, OPTIONS);
  checkMirror(where, images, options);
  const { victim, generators, encoders, prompt = '', draws = 1, reduce = 'mean', seed = 0, signal } = options;
  const { n = encoders.length, otu = 'parameters', sigma = 5e-6, scale = 'absolute', selection = 'per-image' } = options; // prettier-ignore
  if (!Array.isArray(generators) || generators.length === 0) throw invalid(where, 'generators', generators, 'an array of at least one', 'One is drawn.'); // prettier-ignore
  integer(where, 'n', n, 1, 'Leave it out for all of them.');
  if (n > encoders.length) throw invalid(where, 'n', n, `at most the number of encoders, ${encoders.length}`, 'They are drawn without replacement.'); // prettier-ignore
  oneOf(where, 'otu', otu, ['parameters', 'embeddings', 'none']);
  atLeast(where, 'sigma', sigma, 0, 'Leave it out for 5e-6.');
  oneOf(where, 'scale', scale, ['absolute', 'relative']);
  oneOf(where, 'selection', selection, ['per-image', 'config']);
  const fixed = otu === 'parameters' ? encoders.find(({ perturbed }) => perturbed === undefined) : undefined;
  if (fixed) throw invalid(where, 'otu', otu, `'embeddings' or 'none' with encoder '${fixed.id}'`, 'It has no parameters that can be perturbed.'); // prettier-ignore

  const texts = await textsOf(images, victim, prompt, signal);
  const choices = stream(seed, 'mirror', 'selection');
  const noises = stream(seed, 'mirror', 'otu');
  const scored = async (rows: readonly number[], query: number): Promise<MirrorScore[]> => {
    const draw = choices.at(query);
    const generator = generators[draw.integer(generators.length)]!;
    const order = draw.permutation(new Uint32Array(encoders.length));
    const used: (Encoder & { release?(): void })[] = [];
    try {
      for (let e = 0; e < n; e++) {
        const place = order[e]!;
        const [chosen, key] = [encoders[place]!, noises.at(query, place)];
        used.push(otu === 'parameters' ? chosen.perturbed!({ sigma, scale, key }) : otu === 'embeddings' ? shaken(chosen, sigma, key) : chosen); // prettier-ignore
      }
      const some = rows.map((row) => texts[row]!);
      return await scoresOfTexts(pick(images, rows), some, { generator, encoders: used, draws, reduce, seed, ...(signal ? { signal } : {}) }); // prettier-ignore
    } finally {
      for (const encoder of used) encoder.release?.();
    }
  };
  const all = texts.map((_, i) => i);
  if (selection === 'config') return scored(all, 0);
  const found: MirrorScore[] = [];
  for (const row of all) found.push(...(await scored([row], row)));
  return found;
}

/**
 * Scores and decisions of {@link stochasticMirrorScores}.
 * @param options those of `stochasticMirrorScores`, and
 * @param options.threshold τ, calibrated with the same options
 * @throws RangeError as `stochasticMirrorScores`
 */
export async function stochasticMirrorCheck(
  images: Images,
  options: StochasticOptions & { readonly threshold: number },
): Promise<MirrorVerdict[]> {
  requireOptions<typeof options>('stochasticMirrorCheck', options, { ...OPTIONS, threshold: 1 });
  const { threshold, ...rest } = options;
  checkThreshold('stochasticMirrorCheck', threshold);
  return (await stochasticMirrorScores(images, rest)).map((found) => decide(found, threshold));
}

/** z ← z + γ·N(0, I)·‖z‖/√d, one direction for all that goes through. */
function shaken(encoder: Encoder, gamma: number, key: Stream): Encoder {
  const { id, width } = encoder;
  const noise = key.fillNormal(new Float64Array(width));
  return {
    id,
    width,
    async embed(images, signal) {
      const z = (await encoder.embed(images, signal)).slice();
      for (let at = 0; at < z.length; at += width) {
        const row = z.subarray(at, at + width);
        const size = (gamma * Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))) / Math.sqrt(width);
        row.forEach((value, k) => (row[k] = value + size * noise[k]!));
      }
      return z;
    },
  };
}
