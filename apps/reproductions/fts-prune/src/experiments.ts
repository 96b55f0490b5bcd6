/**
 * What each tier runs.
 *
 * Quick: a dense network on generated points. Standard: small conv nets on CIFAR-10 and Fashion-MNIST at half size. Full: the
 * paper's own runs. Learning rates were chosen once, on dense and random networks of a seed outside all verdicts, and are
 * the same for every method. Quick, seeds 1000 and 1001: of 0.003 … 1 the best mean of the four accuracies is at 0.3, dense .839
 * and .827, random at 0.9 .635 and .605 (at 0.1: .873, .914, .338, .381). VGG-mini, seed 1000: 0.01, dense .484, random at 0.98
 * .366. ResNet-mini, both seeds: 0.03, dense .764 and .791, random at 0.98 .100 (its mask empties the stem at every rate) and
 * .693. `assay run fts-prune --pilot` shows all.
 */
import type { Experiment, Tier } from '@assay-ml/claims';
import { howToGet, locate } from '@assay-ml/datasets';
import type { DataName, Task } from './cells/instance.js';
import type { MasksConfig } from './cells/masks.js';
import { SPARSITIES } from './claims/settings.js';
import { theoryExperiment } from './claims/theory.js';
import { METHODS, type Method, type WarmUp } from './methods.js';
import type { TrainingConfig } from './cells/training.js';

/** A task with how it is trained. */
export type Recipe = Task & Pick<TrainingConfig, 'epochs' | 'rate' | 'drops' | 'batch' | 'augment'>;

const plain = { drops: [] as number[], batch: 128, augment: false };

export const MLP: Recipe = {
  network: 'mlp',
  data: 'gauss-proto',
  train: 3200,
  scoring: 2000,
  epochs: 5,
  rate: 0.3,
  ...plain,
};
const VGG: Recipe = {
  network: 'vgg-mini',
  data: 'cifar-10',
  train: 4000,
  scoring: 1000,
  epochs: 6,
  rate: 0.01,
  ...plain,
};
const RESNET: Recipe = {
  network: 'resnet-mini',
  data: 'fashion-mnist',
  train: 4000,
  scoring: 1000,
  epochs: 3,
  rate: 0.03,
  ...plain,
};
/** Spec §3.11, first version: 40,000 of the training images, all of them scored one by one. */
const paper = (network: 'resnet18' | 'vgg19', data: DataName): Recipe => ({
  network,
  data,
  train: 40_000,
  scoring: 40_000,
  epochs: 160,
  rate: 0.01,
  drops: [60, 120],
  batch: 512,
  augment: true,
});
/** The table of spec §6.4: all of the points, eight epochs. */
const TABLE: Recipe = { ...MLP, train: 8000, epochs: 8 };

const cell = (
  recipe: Recipe,
  method: Method | 'dense',
  sparsity: number,
  warmUp: WarmUp = 'none',
  variant: TrainingConfig['variant'] = 'as published',
): TrainingConfig => ({ ...recipe, method, sparsity: method === 'dense' ? 0 : sparsity, warmUp, variant });

const cells = (
  recipe: Recipe,
  methods: readonly Method[],
  sparsities: readonly number[],
  warmUps: readonly WarmUp[] = ['none'],
): TrainingConfig[] =>
  warmUps.flatMap((warmUp) => sparsities.flatMap((s) => methods.map((method) => cell(recipe, method, s, warmUp))));

/** Methods of the quick tier. */
const QUICK: readonly Method[] = ['random', 'magnitude', 'snip', 'fd', 'fp', 'fts', 'fbss', 'synflow'];
/** Without SynFlow, whose hundred rounds a sparsity would be most of the tier's time. */
const MASKED = QUICK.filter((method) => method !== 'synflow');
/** The nine of the paper's table. */
const PAPER: readonly Method[] = ['random', 'magnitude', 'gn', 'snip', 'grasp', 'fd', 'fp', 'fts', 'fbss'];
/** Of spec §6.4. */
const TABLE_METHODS: readonly Method[] = [...PAPER.slice(0, 5), 'grasp-original', ...PAPER.slice(5), 'synflow'];

const quick: TrainingConfig[] = [
  ...cells(MLP, QUICK, [0.9], ['none', 'epoch']),
  ...cells(MLP, ['random', 'snip', 'fd', 'fts'], [0.98], ['epoch']),
];

const vgg: TrainingConfig[] = [
  cell(VGG, 'dense', 0),
  ...cells(VGG, ['random', 'magnitude', 'snip', 'fp', 'fts', 'synflow'], [0.9, 0.98]),
  ...cells(VGG, ['gn', 'fd', 'fbss', 'grasp-original', 'hd', 'hp', 'hts'], [0.98]),
  ...cells(VGG, ['grasp'], [0.8, 0.98, 0.99]),
  ...cells(VGG, ['fts', 'random'], [0.8, 0.95, 0.99]),
  ...cells(VGG, ['snip', 'fd', 'fp', 'fts'], [0.98], ['epoch']),
  ...cells(VGG, ['fts', 'hts'], [0.98], ['bn-stats']),
  cell(VGG, 'magnitude', 0.98, 'none', 'floor'),
  cell(VGG, 'fts', 0.98, 'none', 'floor'),
  cell(VGG, 'fts', 0.98, 'none', 'shuffled'),
];

const resnet: TrainingConfig[] = [
  cell(RESNET, 'dense', 0),
  ...cells(RESNET, ['random', 'snip', 'fp', 'fts', 'synflow'], [0.98]),
];

/** Learning rates tried in a pilot, and on what. */
const RATES = [0.003, 0.01, 0.03, 0.1, 0.3, 1] as const;
const rates = (recipe: Recipe): TrainingConfig[] =>
  RATES.flatMap((rate) => [
    cell({ ...recipe, rate }, 'dense', 0),
    cell({ ...recipe, rate }, 'random', recipe.network === 'mlp' ? 0.9 : 0.98),
  ]);

const masks = (
  recipe: Recipe,
  warmUp: WarmUp,
  methods: readonly Method[],
  sparsities: readonly number[],
  maskBatches: MasksConfig['maskBatches'],
): MasksConfig => {
  const { network, data, train, scoring, rate, batch } = recipe;
  return { network, data, train, scoring, rate, batch, warmUp, methods, sparsities, maskBatches };
};

/** Quick has seeds 0 and 1; standard has its own. */
const STANDARD_SEED = 10;

const seeded = <C>(configs: readonly C[], count: number, first = STANDARD_SEED): { config: C; seed: number }[] =>
  Array.from({ length: count }, (_, k) => configs.map((config) => ({ config, seed: first + k }))).flat();

/** Of the standard tier's trainings: blocks behind each verdict. */
const STANDARD_SEEDS = 5;

const missing = (data: 'cifar-10' | 'cifar-100' | 'fashion-mnist') => (): string | null =>
  locate(data) === null ? howToGet(data) : null;

/** Seconds of one training on one core, natively. */
const PER_EPOCH: Record<Task['network'], number> = {
  mlp: 0.35,
  'vgg-mini': 1.3,
  'resnet-mini': 1.3,
  resnet18: 4000,
  vgg19: 2500,
};
const trainingCost = (config: unknown): { seconds: number; megabytes: number } => {
  const { network, epochs } = config as TrainingConfig;
  return { seconds: PER_EPOCH[network] * (epochs + 1.5), megabytes: network === 'mlp' ? 250 : 900 };
};

const training = { module: import.meta.resolve('./cells/training.js'), tensors: true, cost: trainingCost };
const masking = {
  module: import.meta.resolve('./cells/masks.js'),
  tensors: true,
  cost: (config: unknown) => {
    const { network, methods } = config as MasksConfig;
    return { seconds: PER_EPOCH[network] * (1 + 0.5 * methods.length), megabytes: network === 'mlp' ? 300 : 900 };
  },
};

const standardOnly = <C>(tier: Tier, list: () => C[]): C[] => (tier === 'standard' ? list() : []);

export const experiments: readonly Experiment[] = [
  theoryExperiment,
  {
    id: 'mlp',
    title: 'An MLP on generated points, pruned before training or after its first epoch',
    cells: (tier, seeds = 2, firstSeed = 0) => (tier === 'quick' ? seeded(quick, seeds, firstSeed) : []),
    ...training,
  },
  {
    id: 'mlp-masks',
    title: 'Masks of the MLP alone: likeness, densities, emptied layers',
    cells: (tier, seeds = 2, firstSeed = 0) =>
      tier === 'quick'
        ? seeded(
            (['none', 'epoch'] as const).map((warmUp) => masks(MLP, warmUp, MASKED, [0.9, 0.95, 0.98, 0.99], [])),
            seeds,
            firstSeed,
          )
        : [],
    ...masking,
  },
  {
    id: 'vgg',
    title: 'VGG-mini on CIFAR-10 at 16×16, 4,000 images, 6 epochs',
    cells: (tier, seeds, firstSeed) => standardOnly(tier, () => seeded(vgg, seeds ?? STANDARD_SEEDS, firstSeed)),
    missing: missing('cifar-10'),
    ...training,
  },
  {
    id: 'resnet',
    title: 'ResNet-mini on Fashion-MNIST at 14×14, 4,000 images, 3 epochs',
    cells: (tier, seeds, firstSeed) => standardOnly(tier, () => seeded(resnet, seeds ?? STANDARD_SEEDS, firstSeed)),
    missing: missing('fashion-mnist'),
    ...training,
  },
  ...(['cifar-10', 'fashion-mnist'] as const).map((data): Experiment => ({
    id: `masks-${data}`,
    title: `Masks alone on ${data}: every method, five sparsities, two nets, with and without BN statistics`,
    cells: (tier, seeds, firstSeed) =>
      standardOnly(tier, () =>
        seeded(
          [VGG, RESNET].flatMap((recipe) =>
            (['none', 'bn-stats'] as const).map((warmUp) =>
              masks({ ...recipe, data }, warmUp, METHODS, SPARSITIES, warmUp === 'none' ? [16, 256, 'all'] : []),
            ),
          ),
          seeds ?? STANDARD_SEEDS,
          firstSeed,
        ),
      ),
    missing: missing(data),
    ...masking,
  })),
  {
    id: 'rates',
    title: 'Learning rates on dense and random networks; runs in pilots alone, which start at a seed of their own',
    cells: (tier, seeds = 2, firstSeed) =>
      firstSeed === undefined || tier === 'full'
        ? []
        : seeded((tier === 'quick' ? [MLP] : [VGG, RESNET]).flatMap(rates), seeds, firstSeed),
    ...training,
  },
  {
    id: 'table',
    title: 'The table of the dry run: an MLP, eleven methods, four sparsities, with and without a warm-up epoch',
    cells: (tier, seeds = 2, firstSeed) =>
      tier === 'full' ? seeded(cells(TABLE, TABLE_METHODS, [0.9, 0.95, 0.98, 0.99], ['none', 'epoch']), seeds, firstSeed) : [], // prettier-ignore
    ...training,
  },
  ...(['cifar-10', 'cifar-100'] as const).map((data): Experiment => ({
    id: `paper-${data}`,
    title: `The paper's runs on ${data}: ResNet18 and VGG19, nine criteria, five sparsities, 160 epochs`,
    cells: (tier, seeds = 3, firstSeed) =>
      tier === 'full'
        ? seeded(
            (['resnet18', 'vgg19'] as const).flatMap((network) =>
              cells(paper(network, `${data} at 32`), PAPER, SPARSITIES),
            ),
            seeds,
            firstSeed,
          )
        : [],
    missing: missing(data),
    ...training,
  })),
];
