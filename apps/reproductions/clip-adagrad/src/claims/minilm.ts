/** E1-minilm: what a small pretrained encoder on real text says of clipping inside Adam. Nothing of ALBERT, or of GLUE. */
import type { CellRecord, Claim, Evidence } from '@assay-ml/claims';
import { select } from '@assay-ml/claims/evidence';
import { scalar } from '@assay-ml/numerics';
import type { MinilmConfig } from '../cells/minilm.js';

export const MINILM_TASKS = ['accept', 'pairs'] as const satisfies readonly MinilmConfig['task'][];
export const MINILM_RATES = [1e-4, 3e-4, 1e-3] as const;

/** How much larger a loss may be and still be like another, on the log10 scale: 5 %. */
const LIKE = scalar.log10(1.05);

/** Losses of an optimiser on a task: rates by seeds, null where it is not finite. */
function losses(records: readonly CellRecord[], task: MinilmConfig['task'], optimiser: MinilmConfig['optimiser']) {
  return MINILM_RATES.map((gamma) => new Map(select(records, 'minilm', { task, optimiser, gamma }).map(({ seed, values }) => [seed, values['loss'] as number | null]))); // prettier-ignore
}

/** The loss of each seed at the rate that is best in the mean over the other seeds. */
function tuned(records: readonly CellRecord[], task: MinilmConfig['task'], optimiser: MinilmConfig['optimiser']) {
  const byRate = losses(records, task, optimiser);
  const seeds = [...byRate[0]!.keys()].sort((a, b) => a - b);
  const mean = (found: ReadonlyMap<number, number | null>, left: number) => seeds.reduce((sum, s) => sum + (s === left ? 0 : (found.get(s) ?? Infinity)), 0); // prettier-ignore
  return new Map(
    seeds.map((seed) => {
      const [best] = [...byRate].sort((a, b) => mean(a, seed) - mean(b, seed));
      return [seed, best!.get(seed) ?? null] as const;
    }),
  );
}

function compared(records: readonly CellRecord[]): Evidence {
  let excluded = 0;
  const pairs = MINILM_TASKS.flatMap((task) => {
    const [plain, clipped] = [tuned(records, task, 'Adam'), tuned(records, task, 'Clip-Adam')];
    return [...plain].flatMap(([seed, a]) => {
      const b = clipped.get(seed) ?? null;
      if (a === null || b === null) {
        excluded++;
        return [];
      }
      const gain = scalar.log10(b / a);
      const block = String(seed);
      return task === 'accept'
        ? [{ block, part: 'accept: lower', a: gain, b: 0 }]
        : [{ block, part: 'pairs: no more than 5 % higher', a: gain, b: LIKE }];
    });
  });
  if (pairs.length === 0) return { kind: 'none', why: 'no finished pair of trainings' };
  return { kind: 'paired', pairs, ...(excluded > 0 ? { excluded } : {}) };
}

type Tail = { readonly step: number; readonly mild: number; readonly extreme: number };

export const minilm: readonly Claim[] = [
  {
    id: 'clip-adagrad.E1-minilm',
    statement:
      'When three layers of MiniLM are fine-tuned, Clip-Adam ends below Adam on disturbed sentences and is like it on pairs of sentences.',
    source: 'E1 on a stand-in that runs here: another encoder, other tasks',
    kind: 'beyond',
    experiments: ['minilm'],
    tiers: ['standard', 'full'],
    rule: {
      statistic: 'mean-diff',
      max: 0,
      unit: 'log10 of a ratio of losses',
      words:
        'log10 of the validation loss of Clip-Adam over that of Adam, each at the rate that is best over the other seeds: at most 0 on `accept`, at most that of 1.05 on `pairs`',
    },
    expect: 'report',
    reason: 'it says nothing of ALBERT, of judgements of grammar or of GLUE',
    evidence: compared,
    figure: (records) => ({
      title: 'Validation loss along the fine-tuning, at each rate: mean and range over seeds',
      mark: 'line',
      x: { label: 'step' },
      y: { label: 'cross-entropy, nats' },
      rows: MINILM_TASKS.flatMap((task) =>
        (['Adam', 'Clip-Adam'] as const).flatMap((optimiser) =>
          MINILM_RATES.flatMap((gamma) => {
            const curves = select(records, 'minilm', { task, optimiser, gamma }).map(({ values }) => values['curve'] as unknown as [number, number][]); // prettier-ignore
            const length = Math.min(...curves.map((curve) => curve.length));
            return (curves[0] ?? []).slice(0, length).map(([x], k) => {
              const all = curves.map((curve) => curve[k]![1]);
              const y = all.reduce((a, b) => a + b, 0) / all.length;
              return { x, y, low: Math.min(...all), high: Math.max(...all), series: `${optimiser}, ${gamma}`, facet: task }; // prettier-ignore
            });
          }),
        ),
      ),
    }),
    table: (records) => ({
      title: 'Tails of the gradients along Adam’s training: ρ_mR and ρ_eR, means over seeds; 1 is a normal variable’s',
      columns: ['task', 'step', 'ρ_mR', 'ρ_eR'],
      rows: MINILM_TASKS.flatMap((task) => {
        const seeds = select(records, 'minilm', { task, optimiser: 'Adam', gamma: MINILM_RATES[1] }).map(({ values }) => values['tails'] as unknown as Tail[]); // prettier-ignore
        const mean = (of: (tail: Tail) => number, k: number) => Number((seeds.reduce((sum, tails) => sum + of(tails[k]!), 0) / seeds.length).toPrecision(3)); // prettier-ignore
        return (seeds[0] ?? []).map(({ step }, k) => [task, step, mean(({ mild }) => mild, k), mean(({ extreme }) => extreme, k)]); // prettier-ignore
      }),
    }),
  },
];
