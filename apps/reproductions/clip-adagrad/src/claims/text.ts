/** C11: sentences with rare words against the same with common ones. And the fine-tuning of encoders, which is not run yet. */
import type { CellRecord, Claim, Evidence, Figure } from '@assay-ml/claims';
import { select } from '@assay-ml/claims/evidence';
import { quantile, scalar } from '@assay-ml/numerics';
import type { TextConfig } from '../cells/text.js';

export const TASKS: readonly TextConfig['task'][] = ['rare', 'balanced'];
export const OPTIMISERS: readonly TextConfig['optimiser'][] = ['Adam', 'Clip-Adam', 'AdaGrad', 'Clip-AdaGrad'];

/** How far from 1 the ratio of losses may be on the light task, on the log10 scale. */
const MARGIN = 0.05;

type Run = { readonly seed: number; readonly loss: number | null; readonly curve: readonly (readonly [number, number | null])[] }; // prettier-ignore

/**
 * The cells of an optimiser on a task in the order of their seeds: one a tuning, with the runs that follow it.
 * @throws TypeError when there is none
 */
function tunings(
  records: readonly CellRecord[],
  task: TextConfig['task'],
  optimiser: TextConfig['optimiser'],
): readonly CellRecord[] {
  const cells = select(records, 'text', { task, optimiser });
  if (cells.length === 0) {
    throw new TypeError(`evidence: no finished cell of text with ${optimiser} on the ${task} task.`);
  }
  return cells;
}

const runsOf = ({ values }: CellRecord): Run[] => values['runs'] as unknown as Run[];

/** log10 of the loss without clipping over that with, by seed, in a list a tuning; null where one is not finite. */
function gains(
  records: readonly CellRecord[],
  task: TextConfig['task'],
  optimiser: 'Adam' | 'AdaGrad',
): (number | null)[][] {
  const clipped = tunings(records, task, `Clip-${optimiser}`);
  return tunings(records, task, optimiser).map((cell, block) => {
    const other = clipped[block];
    if (other?.seed !== cell.seed) {
      throw new TypeError(`evidence: the tuning of seed ${cell.seed} of ${task} has no twin with clipping.`);
    }
    const others = runsOf(other);
    return runsOf(cell).map(({ loss }, k) => {
      const twin = others[k]?.loss ?? null;
      return loss === null || twin === null ? null : scalar.log10(loss / twin);
    });
  });
}

/** A block is a tuning: all its runs have the step size and the level that it chose. */
function compared(records: readonly CellRecord[]): Evidence {
  let excluded = 0;
  const pairs = (['Adam', 'AdaGrad'] as const).flatMap((optimiser) => {
    const light = gains(records, 'balanced', optimiser);
    return gains(records, 'rare', optimiser).flatMap((own, tuning) =>
      own.flatMap((heavy, k) => {
        const other = light[tuning]?.[k] ?? null;
        if (heavy === null || other === null) {
          excluded++;
          return [];
        }
        const block = String(tuning);
        return [
          { block, part: `${optimiser}, light task: no gain above ${MARGIN}`, a: MARGIN, b: other },
          { block, part: `${optimiser}, light task: no loss above ${MARGIN}`, a: other, b: -MARGIN },
          { block, part: `${optimiser}: heavy task less light one`, a: heavy, b: other },
        ];
      }),
    );
  });
  return { kind: 'paired', pairs, excluded };
}

function bands(records: readonly CellRecord[]): Figure['rows'] {
  return TASKS.flatMap((task) =>
    OPTIMISERS.flatMap((optimiser) => {
      const runs = tunings(records, task, optimiser).flatMap(runsOf);
      return runs[0]!.curve.flatMap(([x], i) => {
        const losses = runs.flatMap(({ curve }) => curve[i]![1] ?? []);
        if (losses.length === 0) return [];
        const [low, y, high] = [0.05, 0.5, 0.95].map((q) => quantile(losses, q)) as [number, number, number];
        return [{ x, y, low, high, series: optimiser, facet: task }];
      });
    }),
  );
}

type Tail = { readonly step: number; readonly mild: number; readonly extreme: number };

/** Tails by checkpoint, of each seed of a task. */
const tailsOf = (records: readonly CellRecord[], task: TextConfig['task']) =>
  records
    .filter(
      ({ experiment, status, config }) =>
        experiment === 'text-tails' && status === 'done' && (config as { task?: string }).task === task,
    ) // prettier-ignore
    .sort((a, b) => a.seed - b.seed)
    .map(({ seed, values }) => ({ seed, checkpoints: values['checkpoints'] as unknown as Tail[] }));

const notYet = { kind: 'none', why: 'not run yet' } as const;

export const text: readonly Claim[] = [
  {
    id: 'clip-adagrad.C11',
    statement:
      'The benefit of clipping follows the tails: it helps where rare tokens make gradients heavy-tailed and not on a balanced task.',
    source: 'Figures 2, 3, 7, 8 (CoLA against RTE); spec C11, on small text classifiers',
    kind: 'paper',
    experiments: ['text'],
    tiers: ['standard', 'full'],
    rule: {
      statistic: 'mean-diff',
      min: 0,
      unit: 'log10 of a ratio of losses',
      words: `log10 of the validation loss without clipping over that with: on the light task within ±${MARGIN}, and on the heavy one above that on the light one, for Adam and for AdaGrad (five tunings with 20 seeds each, each method with its best step size and level)`, // prettier-ignore
    },
    expect: 'report',
    reason:
      'a small classifier stands for ALBERT; on the rare words the choice between neighbouring step sizes, tuned on three seeds, outweighs clipping',
    evidence: compared,
    figure: (records) => ({
      title: 'Validation loss: median and 5 to 95 % band over seeds',
      mark: 'line',
      x: { label: 'step' },
      y: { label: 'cross-entropy, nats a sentence' },
      rows: bands(records),
    }),
  },
  {
    id: 'clip-adagrad.C11-tails',
    statement: 'Gradients of the task with rare tokens end heavier-tailed than those of the balanced one.',
    source: 'Figure 2 (CoLA against RTE); spec §5.2',
    kind: 'paper',
    experiments: ['text-tails'],
    tiers: ['standard', 'full'],
    rule: {
      statistic: 'mean-diff',
      min: 0,
      unit: 'ρ',
      words: 'ρ_mR and ρ_eR of 500 mini-batches after the training: rare words less common ones',
    },
    expect: 'report',
    reason: 'one of three seeds of the pilot had ρ_eR the other way round; ρ_eR of 500 norms moves in steps of 1,667',
    evidence(records) {
      const light = tailsOf(records, 'balanced');
      return {
        kind: 'paired',
        pairs: tailsOf(records, 'rare').flatMap(({ seed, checkpoints }) => {
          const other = light.find((own) => own.seed === seed)?.checkpoints.at(-1);
          if (!other) throw new TypeError(`evidence: no finished cell of text-tails with seed ${seed} on the balanced task.`); // prettier-ignore
          const own = checkpoints.at(-1)!;
          const block = String(seed);
          return [
            { block, part: 'ρ_mR', a: own.mild, b: other.mild },
            { block, part: 'ρ_eR', a: own.extreme, b: other.extreme },
          ];
        }),
      };
    },
    figure: (records) => ({
      title: 'ρ_mR along a training by Adam: mean and range over seeds; 1 is a normal variable’s',
      mark: 'line',
      x: { label: 'step' },
      y: { label: 'ρ_mR' },
      rows: TASKS.flatMap((task) => {
        const seeds = tailsOf(records, task);
        return (seeds[0]?.checkpoints ?? []).map(({ step }, i) => {
          const values = seeds.map(({ checkpoints }) => checkpoints[i]!.mild);
          const y = values.reduce((sum, value) => sum + value, 0) / values.length;
          return { x: step, y, low: Math.min(...values), high: Math.max(...values), series: task };
        });
      }),
    }),
  },
  {
    id: 'clip-adagrad.E1',
    statement: 'Clip-Adam beats Adam when ALBERT-base-v2 is fine-tuned on CoLA, and is like it on RTE.',
    source: 'Figures 2, 3, 7, 8; 100 runs each',
    kind: 'paper',
    experiments: [],
    tiers: [],
    rule: { statistic: 'log-ratio', max: 0, words: 'validation loss of Clip-Adam below that of Adam on CoLA' },
    expect: 'report',
    reason: 'needs an encoder network, its pretrained weights and GLUE',
    evidence: () => notYet,
  },
];
