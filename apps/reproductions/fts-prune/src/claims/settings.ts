/** Where each tier measures what the paper says. */
import type { Tier } from '@assay-ml/claims';
import type { Method } from '../methods.js';
import type { TrainingConfig } from '../cells/training.js';
import { masksOf, type Side } from '../evidence.js';

type WarmUp = TrainingConfig['warmUp'];

/** Of the paper's table, and of every sweep beside it. */
export const SPARSITIES: readonly number[] = [0.8, 0.9, 0.95, 0.98, 0.99];

/** A network, a sparsity and a warm-up. */
export interface Setting {
  readonly experiment: string;
  readonly sparsity: number;
  readonly warmUp: WarmUp;
  readonly network?: string;
}

const PAPER_FULL = (sparsity: number): Setting => ({
  experiment: 'paper-cifar-10',
  sparsity,
  warmUp: 'none',
  network: 'resnet18',
});

/** Extreme sparsity: what is left of the small nets at 0.98 are some 1,400 weights. */
export function extreme(tier: Tier): readonly Setting[] {
  if (tier === 'quick') return [{ experiment: 'mlp', sparsity: 0.9, warmUp: 'none' }];
  if (tier === 'full') return [PAPER_FULL(0.99)];
  return [{ experiment: 'vgg', sparsity: 0.98, warmUp: 'none' }];
}

/** Settings of the comparisons that hold at all sparsities. */
export function high(tier: Tier): readonly Setting[] {
  if (tier === 'quick') {
    return [
      { experiment: 'mlp', sparsity: 0.9, warmUp: 'none' },
      { experiment: 'mlp', sparsity: 0.98, warmUp: 'epoch' },
    ];
  }
  if (tier === 'full') return [PAPER_FULL(0.98), PAPER_FULL(0.99)];
  return [
    { experiment: 'vgg', sparsity: 0.98, warmUp: 'none' },
    { experiment: 'resnet', sparsity: 0.98, warmUp: 'none' },
  ];
}

export const side = (setting: Setting, method: Method | 'dense', variant?: TrainingConfig['variant']): Side => ({
  ...setting,
  method,
  ...(variant === undefined ? {} : { variant }),
});

const NETS: Record<string, string> = {
  mlp: 'MLP',
  vgg: 'VGG-mini',
  resnet: 'ResNet-mini',
  'paper-cifar-10': 'ResNet18',
};
const WARM: Record<WarmUp, string> = {
  none: '',
  epoch: ', after an epoch',
  'bn-stats': ', after a pass for BN statistics',
};

/** A setting in words. */
export const named = ({ experiment, sparsity, warmUp }: Setting): string =>
  `${NETS[experiment]} at ${sparsity}${WARM[warmUp]}`;

/** The experiments whose cells settings name, and those of their masks. */
export const experimentsOf = (...settings: readonly ((tier: Tier) => readonly Setting[])[]): string[] => [
  ...new Set(
    settings.flatMap((of) =>
      (['quick', 'standard', 'full'] as const).flatMap((tier) =>
        of(tier).flatMap(({ experiment }) => [experiment, masksOf(experiment) ?? []].flat()),
      ),
    ),
  ),
];
