/** One world: targeted PGD at each ε and an attacker who knows the defence, and what MirrorCheck and its rivals make of them. */
import type { CellContext, Json } from '@assay-ml/claims';
import { SHAPES } from '@assay-ml/datasets';
import { auroc, stream } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import { ensembleCurve, evaluate, type Images, type MirrorOptions, type MirrorScore, pgd, stochasticMirrorScores, threshold } from '@assay-ml/vlm-guard'; // prettier-ignore
import { adaptiveAttacks, type AdaptiveRun } from '../adaptive-attacks.js';
import { RIVALS, rivalsOf } from '../rivals.js';
import { byEncoder, scored, scoresOf } from '../scores.js';
import { makeWorld, renderer, targetsOf, type WorldConfig } from '../world.js';

/** A world, and what is measured in it. */
export type DetectionConfig = WorldConfig & {
  readonly epsilons: readonly number[];
  /** Steps of PGD; each is ε/8. */
  readonly steps: number;
  /** The attacker who knows the defence. */
  readonly adaptive: readonly AdaptiveRun[];
};

/** False positive rates of the thresholds. */
const ALPHAS = [0.05, 0.1] as const;
/** Mirror images of each caption. */
const DRAWS = [1, 2, 4, 8] as const;
/** Noise on parameters, relative to each tensor's root mean square. */
const OTU = [0.02, 0.1, 0.2, 1] as const;
/** How the generator fails. */
const QUALITY = {
  block: [2, 3, 4, 6, 8, 12],
  noise: [0.1, 0.2, 0.4, 0.8],
  wrong: [0.1, 0.2, 0.4, 0.8],
} as const;

export async function run(
  { epsilons, steps, adaptive, ...config }: DetectionConfig,
  seed: number,
  context: CellContext,
): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { signal } = context;
  const world = await makeWorld(config, seed, signal);
  const { victim, encoders, features, test, labels } = world;
  const mirrored = (images: Images, options: Partial<MirrorOptions> = {}) => scored(world, images, seed, { signal, ...options }); // prettier-ignore
  const targets = targetsOf(labels, seed);
  const clean = await mirrored(test);
  const cleanScores = scoresOf(clean);

  // T2: the same images with the right caption and with a wrong one.
  const named = (of: readonly number[]) => ({ ...victim, describe: async () => of.map((label) => SHAPES[label]!) });
  const bound = auroc(scoresOf(await mirrored(test, { victim: named(labels) })), scoresOf(await mirrored(test, { victim: named(targets) }))); // prettier-ignore

  // C9: thresholds from other clean images.
  const calibration = scoresOf(await mirrored(world.calibration));
  const thresholds = Object.fromEntries(
    ALPHAS.map((alpha) => {
      const { threshold: tau, rank, n } = threshold(calibration, { alpha });
      return [String(alpha), { rank, n, flagged: cleanScores.filter((score) => score < tau).length, of: cleanScores.length }];
    }),
  ); // prettier-ignore

  const own = async (images: Images) => scoresOf(await mirrored(images, { encoders: [features] }));
  const cleanOwn = await own(test);
  const rivals = await rivalsOf(world, seed, signal);
  const cleanRivals = new Map<string, ArrayLike<number>>();
  for (const name of RIVALS) cleanRivals.set(name, await rivals[name](test));
  const areas = async (images: Images) => {
    const found: Record<string, number> = {};
    for (const name of RIVALS) found[name] = auroc(cleanRivals.get(name)!, await rivals[name](images));
    return found;
  };
  const byEpsilon: Record<string, Json> = {};
  const attacked = new Map<number, Images>();
  for (const epsilon of epsilons) {
    signal.throwIfAborted();
    const attack = await pgd(victim, test, { labels: targets, targeted: true }, { epsilon, steps, seed, signal });
    attacked.set(epsilon, attack.images);
    const found = await mirrored(attack.images);
    const scores = scoresOf(found);
    const judged = evaluate(cleanScores, scores, { success: attack.success, calibration, alphas: [0.05] });
    const curve = ensembleCurve(byEncoder(clean, encoders), byEncoder(found, encoders));
    const failed = scores.filter((_, i) => found[i]!.text === clean[i]!.text);
    byEpsilon[String(epsilon)] = {
      success: judged.successRate,
      auroc: judged.auroc.value,
      interval: judged.auroc.interval,
      aurocOfSuccesses: typeof judged.aurocOfSuccesses === 'string' ? null : judged.aurocOfSuccesses.value,
      tpr: typeof judged.rates === 'string' ? null : judged.rates[0]!.tpr.value,
      first: auroc(byEncoder(clean, encoders)[0]!, byEncoder(found, encoders)[0]!),
      own: auroc(cleanOwn, await own(attack.images)),
      means: { clean: meanOf(cleanScores), adversarial: meanOf(scores) },
      single: curve.single,
      predicted: curve.predicted as number[],
      rho: { ...curve.rho },
      failed: { n: failed.length, auroc: failed.length < 25 ? null : auroc(cleanScores, failed) },
      rivals: await areas(attack.images),
    };
  }

  // C12: noise that changes no caption.
  const signs: Record<string, Json> = {};
  for (const epsilon of epsilons) {
    const noisy = await mirrored(withSigns(test, epsilon, seed));
    const kept = noisy.filter(({ text }, i) => text === clean[i]!.text).length / noisy.length;
    signs[String(epsilon)] = { kept, auroc: auroc(cleanScores, scoresOf(noisy)) };
  }

  // C13: several mirror images a caption.
  const draws: Record<string, Json> = {};
  const most = { draws: Math.max(...DRAWS) };
  const cleanDraws = await mirrored(test, most);
  for (const epsilon of [0.08, 0.12]) {
    const found = await mirrored(attacked.get(epsilon)!, most);
    for (const [reduce, of] of [
      ['max', (x: readonly number[]) => Math.max(...x)],
      ['mean', meanOf],
    ] as const) {
      // prettier-ignore
      for (const m of DRAWS) {
        const first = (all: readonly MirrorScore[]) => all.map(({ perDraw }) => of(perDraw.slice(0, m)));
        draws[`${epsilon} ${reduce} ${m}`] = auroc(first(cleanDraws), first(found));
      }
    }
  }

  // C7: one-time use, drawn once for all images.
  const otu: Record<string, Json> = {};
  for (const sigma of OTU) {
    const shaken = async (images: Images) => scoresOf(await stochasticMirrorScores(images, { victim, generators: [renderer(config.side)], encoders, seed, signal, sigma, scale: 'relative', selection: 'config' })); // prettier-ignore
    otu[String(sigma)] = auroc(await shaken(test), await shaken(attacked.get(0.08)!));
  }

  // C10: generators that are not so good.
  const quality: Record<string, Json> = {};
  for (const [fault, values] of Object.entries(QUALITY)) {
    for (const value of values) {
      const generator = renderer(config.side, { [fault]: value });
      quality[`${fault} ${value}`] = auroc(scoresOf(await mirrored(test, { generator })), scoresOf(await mirrored(attacked.get(0.12)!, { generator }))); // prettier-ignore
    }
  }
  const attacks = await adaptiveAttacks(world, adaptive, targets, seed, signal);
  return { accuracy: world.accuracy, encoders: world.encoderAccuracies as number[], bound, thresholds, byEpsilon, signs, draws, otu, quality, attacks }; // prettier-ignore
}

const meanOf = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;

/** Random signs of size ε on every pixel. */
function withSigns({ data, shape }: Images, epsilon: number, seed: number): Images {
  const u = stream(seed, 'sign noise').fillUniform(new Float64Array(data.length));
  return { data: data.map((value, k) => Math.min(1, Math.max(0, value + (u[k]! < 0.5 ? -epsilon : epsilon)))), shape };
}
