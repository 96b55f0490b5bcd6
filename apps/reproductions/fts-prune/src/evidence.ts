/** From cells of trainings and masks to pairs that are compared. Pure functions. */
import type { CellRecord, Evidence, Json } from '@assay-ml/claims';
import { number, select } from '@assay-ml/claims/evidence';
import type { Method } from './methods.js';
import type { TrainingConfig } from './cells/training.js';

/** Two masks this alike are one: what they lead to is not compared. */
const SAME_MASK = 0.99;
/** Accuracy this near to chance says nothing about a method. */
const NEAR_CHANCE = 0.02;

/** One side of a comparison: an experiment and a part of its configuration. */
export interface Side {
  readonly experiment: string;
  readonly method: Method | 'dense';
  readonly sparsity: number;
  readonly warmUp?: TrainingConfig['warmUp'];
  readonly variant?: TrainingConfig['variant'];
  readonly network?: string;
}

/** The trainings of one side, in the order of their seeds. */
export const trainings = (records: readonly CellRecord[], { experiment, ...where }: Side): CellRecord[] =>
  select(records, experiment, { warmUp: 'none', variant: 'as published', ...where });

export const accuracy = (record: CellRecord): number => number(record, 'accuracy');

/** What a difference of accuracies is about. */
export interface Comparison {
  readonly a: Side;
  readonly b: Side;
  readonly part: string;
  /** Added to b: "at most 0.1 better". Default 0. */
  readonly margin?: number;
}

/** Whether every method of a setting is near chance at a seed: then nobody won there. */
function nobodyLearns(
  records: readonly CellRecord[],
  { experiment, sparsity, warmUp = 'none', network }: Side,
  seed: number,
): boolean {
  // prettier-ignore
  const all = select(records, experiment, { sparsity, warmUp, ...(network === undefined ? {} : { network }) });
  return all.filter((r) => r.seed === seed).every((r) => accuracy(r) <= number(r, 'chance') + NEAR_CHANCE);
}

/** Where the masks of a training experiment stand by themselves, and after which warm-ups. At full there are none. */
const MASK_CELLS: Readonly<Record<string, { experiment: string; network: string; warmUps: readonly string[] }>> = {
  mlp: { experiment: 'mlp-masks', network: 'mlp', warmUps: ['none', 'epoch'] },
  vgg: { experiment: 'masks-cifar-10', network: 'vgg-mini', warmUps: ['none', 'bn-stats'] },
  resnet: { experiment: 'masks-fashion-mnist', network: 'resnet-mini', warmUps: ['none', 'bn-stats'] },
};

/** The experiment with the masks of a training experiment. */
export const masksOf = (experiment: string): string | undefined => MASK_CELLS[experiment]?.experiment;

/** Masks of two methods in one setting that are one: their accuracies are then the same training twice. */
function sameMask(records: readonly CellRecord[], { a, b }: Comparison, seed: number): boolean {
  const { experiment, sparsity, warmUp = 'none', variant = 'as published' } = a;
  const { warmUp: other = 'none', variant: otherVariant = 'as published' } = b;
  const one = experiment === b.experiment && sparsity === b.sparsity && warmUp === other;
  const cells = MASK_CELLS[experiment];
  if (!one || variant !== 'as published' || otherVariant !== variant || !cells?.warmUps.includes(warmUp)) return false;
  const { network } = cells;
  const rows = maskRows(records, cells.experiment, sparsity, { warmUp, network });
  const row = rows.find(({ record }) => record.seed === seed);
  if (row === undefined) throw new TypeError(`evidence: no mask cell of '${experiment}' at ${sparsity}, seed ${seed}.`);
  const [first, second] = [a.method, b.method];
  if (![first, second].every((method) => method in row.emptied)) return false; // SynFlow of the MLP has no mask cell
  return likeness(row, first as Method, second as Method) >= SAME_MASK;
}

/**
 * Pairs of accuracies by seed. Seeds at which all methods of both settings are within 0.02 of chance are left out and counted, and so
 * are pairs of methods that have one mask.
 * @throws TypeError when the sides do not have the same seeds, or without the cells that say what their masks are
 */
export function compare(records: readonly CellRecord[], comparisons: readonly Comparison[]): Evidence {
  let excluded = 0;
  let alike = 0;
  const pairs = comparisons.flatMap((comparison) => {
    const { a, b, part, margin = 0 } = comparison;
    const [first, second] = [trainings(records, a), trainings(records, b)];
    if (first.length === 0 || first.some(({ seed }, k) => seed !== second[k]?.seed) || first.length !== second.length) {
      throw new TypeError(`evidence: '${part}' must have the same seeds on both sides, at least one.`);
    }
    return first.flatMap((record, k) => {
      const { seed } = record;
      const hopeless = nobodyLearns(records, a, seed) && nobodyLearns(records, b, seed);
      const equal = sameMask(records, comparison, seed);
      if (equal) alike++;
      if (hopeless || equal) {
        excluded++;
        return [];
      }
      return [{ block: String(seed), a: accuracy(record), b: accuracy(second[k]!) + margin, part }];
    });
  });
  const lost = comparisons.find(({ part }) => !pairs.some((pair) => pair.part === part));
  if (lost) {
    const why = alike > 0 ? 'same mask: the Jaccard index is at least 0.99' : 'every method is within 0.02 of chance';
    return { kind: 'none', why: `'${lost.part}': ${why} at each seed` };
  }
  return { kind: 'paired', pairs, ...(excluded > 0 ? { excluded } : {}) };
}

/** The mask cell of a setting at a seed, and its row of a sparsity. */
export interface MaskRow {
  readonly record: CellRecord;
  readonly densities: Readonly<Record<string, readonly number[]>>;
  readonly emptied: Readonly<Record<string, number>>;
  readonly jaccard: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly maskBatches: readonly {
    readonly size: number | 'all';
    readonly factor: boolean;
    readonly jaccard: number;
  }[];
}

/** Rows of all seeds at one sparsity. */
export function maskRows(
  records: readonly CellRecord[],
  experiment: string,
  sparsity: number,
  where: Readonly<Record<string, Json>> = {},
): MaskRow[] {
  return select(records, experiment, where).flatMap((record) => {
    const rows = record.values['bySparsity'] as unknown as (MaskRow & { sparsity: number })[];
    return rows.filter((row) => row.sparsity === sparsity).map((row) => ({ ...row, record }));
  });
}

/** Likeness of two methods' masks. */
export const likeness = ({ jaccard }: MaskRow, a: Method, b: Method): number => jaccard[a]?.[b] ?? jaccard[b]![a]!;
