/**
 * Grids of hyper-parameters as the authors chose them: the mean of f − f* over the last quarter of the rounds, every point
 * tuned on one seed, the best three run again on others. The criterion of rounds to a target is kept beside it.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { gridSearch } from '@assay-ml/theory-sim';
import { once as multiClient, type MultiClientConfig } from './multi-client.js';
import { hundredDimensional, oneDimensional } from './quartics.js';
import { once as shuffling, type ShufflingConfig } from './shuffling.js';

type Axes = Readonly<Record<string, readonly number[]>>;

export type GridConfig = (
  | { readonly problem: 'line'; readonly fixed: Omit<ShufflingConfig, 'runs' | 'eta'> & { readonly eta?: number } }
  | { readonly problem: 'hundred'; readonly fixed: Omit<MultiClientConfig, 'runs'> }
) & {
  /** Values by parameter; `lr` and `level` stand for c0 = 1/(2·lr) and c1 = c0/level. */
  readonly axes: Axes;
  /** Seeds on which the best three are run again. */
  readonly again: number;
};

/** f − f* at which the rounds are counted. */
const TARGET = 1;

export function run(config: GridConfig, seed: number, { signal }: CellContext): Record<string, Json> {
  const rounds = new Map<string, number | null>();
  const { best, edges, tried } = gridSearch(
    config.axes,
    (point) => {
      const { score, arrived } = judge(config, point, seed, signal);
      rounds.set(JSON.stringify(point), arrived);
      return score;
    },
    { onEdge: 'report' },
  );
  const ranked = tried
    .filter((t) => t.value !== null)
    .sort((a, b) => a.value! - b.value!)
    .slice(0, 3);
  const finalists = ranked.map(({ point }) => ({
    point,
    values: Array.from({ length: config.again }, (_, k) => judge(config, point, seed + 1 + k, signal).score),
  }));
  return {
    best: best.point,
    value: best.value,
    edges,
    tried: tried.map(({ point, value }) => ({ point, value, rounds: rounds.get(JSON.stringify(point)) ?? null })),
    finalists,
  };
}

/** The mean gap of the last quarter (null: diverged) and the first round at the target. */
function judge(
  config: GridConfig,
  point: Readonly<Record<string, number>>,
  seed: number,
  signal: AbortSignal,
): { score: number | null; arrived: number | null } {
  const { lr, level, ...plain } = point;
  const values = lr === undefined ? plain : { ...plain, c0: 1 / (2 * lr), c1: 1 / (2 * lr * level!) };
  const curve: number[] = [];
  const family = config.problem === 'line' ? oneDimensional() : hundredDimensional().family;
  const onPoint = (x: Float64Array): void => void curve.push(family.gap(x));
  const result =
    config.problem === 'line'
      ? shuffling({ ...config.fixed, ...values } as ShufflingConfig, seed, onPoint, signal)
      : multiClient({ ...config.fixed, ...values }, { seed, onPoint, signal });
  const last = curve.slice(-Math.ceil(curve.length / 4));
  const mean = last.reduce((sum, gap) => sum + gap / last.length, 0);
  const arrived = curve.findIndex((gap) => gap <= TARGET);
  return {
    score: result.diverged || !Number.isFinite(mean) ? null : mean,
    arrived: arrived < 0 ? null : arrived + 1,
  };
}
