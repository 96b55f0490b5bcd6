/** Figures of the accuracy that pruned networks reach, and the paper's table that stands beside them. */
import type { CellRecord, Figure, Tier } from '@assay-ml/claims';
import { mean } from '@assay-ml/numerics';
import type { TrainingConfig } from '../cells/training.js';
import { accuracy, trainings, type Side } from '../evidence.js';
import type { Method } from '../methods.js';
import { named, side, SPARSITIES, type Setting } from './settings.js';

/** Mean and range over seeds of one side's accuracies; null where there are none. */
export function spread(records: readonly CellRecord[], of: Side): { y: number; low: number; high: number } | null {
  const own = trainings(records, of).map(accuracy);
  return own.length === 0 ? null : { y: mean(own), low: Math.min(...own), high: Math.max(...own) };
}

/** Accuracies of all methods of a setting, as bars with the seeds' range. */
export function bars(settings: (tier: Tier) => readonly Setting[], title: string) {
  return (records: readonly CellRecord[], tier: Tier): Figure | null => {
    const rows = settings(tier).flatMap((setting) => {
      const { experiment, sparsity, warmUp } = setting;
      const found = records.filter((r) => {
        const config = r.config as Record<string, unknown>;
        return r.experiment === experiment && config['sparsity'] === sparsity && config['warmUp'] === warmUp && config['variant'] !== 'floor'; // prettier-ignore
      });
      const shown = found.map((r) => r.config as unknown as TrainingConfig);
      const pairs = new Map(shown.map(({ method, variant }) => [`${method} ${variant}`, { method, variant }]));
      return [...pairs.values()].map(({ method, variant }) => {
        const x = variant === 'shuffled' ? `${method}, shuffled` : method;
        return { x, ...spread(records, side(setting, method, variant))!, facet: named(setting) };
      });
    });
    if (rows.length === 0) return null;
    return {
      title,
      mark: 'bar',
      x: { label: 'criterion', scale: 'point' },
      y: { label: 'test accuracy, share' },
      rows,
    };
  };
}

/** The only table of the paper that could be read: ResNet18 on CIFAR-10, test accuracy, mean of three seeds. */
const TABLE_1: Readonly<Record<string, readonly number[]>> = {
  random: [0.9078, 0.8935, 0.8759, 0.8347, 0.7828],
  magnitude: [0.911, 0.8988, 0.8923, 0.857, 0.7199],
  gn: [0.9095, 0.9039, 0.89, 0.8643, 0.8347],
  snip: [0.9074, 0.9036, 0.8931, 0.8726, 0.8454],
  grasp: [0.8718, 0.866, 0.865, 0.8599, 0.8456],
  fd: [0.9095, 0.9004, 0.8861, 0.8561, 0.8213],
  fp: [0.9108, 0.902, 0.895, 0.8697, 0.8374],
  fts: [0.9094, 0.9055, 0.8947, 0.8724, 0.8485],
  fbss: [0.9073, 0.8922, 0.8758, 0.834, 0.776],
};

/** The paper's runs, net by net, beside its Table 1. */
export function besideTable1(records: readonly CellRecord[], tier: Tier): Figure[] {
  if (tier !== 'full') return [];
  const methods = Object.keys(TABLE_1) as Method[];
  const own = (['cifar-10', 'cifar-100'] as const).flatMap((data) =>
    (['resnet18', 'vgg19'] as const).flatMap((network) =>
      methods.flatMap((series) =>
        SPARSITIES.flatMap((x) => {
          const range = spread(records, { experiment: `paper-${data}`, network, sparsity: x, method: series });
          const facet = `${{ resnet18: 'ResNet18', vgg19: 'VGG19' }[network]}, ${data.toUpperCase()}: here`;
          return range === null ? [] : [{ x, ...range, series, facet }];
        }),
      ),
    ),
  );
  const paper = methods.flatMap((series) =>
    SPARSITIES.map((x, k) => ({
      x,
      y: TABLE_1[series]![k]!,
      series,
      facet: 'ResNet18, CIFAR-10: paper, Table 1',
    })),
  );
  return [
    {
      title: 'Test accuracy over sparsity: the paper’s runs, and its Table 1',
      mark: 'line',
      x: { label: 'sparsity, share of weights removed' },
      y: { label: 'test accuracy, share' },
      rows: [...paper, ...own],
    },
  ];
}
