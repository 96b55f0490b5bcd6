/** Which methods are trained in which tier. */
import type { Tier } from '@assay-ml/claims';
import type { ClassesConfig } from './cells/classes.js';
import type { LinearConfig } from './cells/linear.js';
import type { PicturesConfig } from './cells/pictures.js';
import type { Task } from './data/federation.js';
import type { MethodName, Setting } from './methods.js';

/** E1's methods in every tier, by the names that claims use. */
export const LINEAR = {
  FedAvg: { method: 'FedAvg' },
  Local: { method: 'Local Adaptor' },
  FLoRAL: { method: 'FLoRAL' },
  'FLoRAL, π*': { method: 'FLoRAL, π*' },
  Ensemble: { method: 'Ensemble' },
  'Ensemble, π*': { method: 'Ensemble, π*' },
  'C = 4': { method: 'FLoRAL', C: 4 },
  'C = 1': { method: 'FLoRAL', C: 1 },
  'clamp off': { method: 'FLoRAL', clamp: 0 },
} as const satisfies Readonly<Record<string, Setting>>;

export type LinearName = keyof typeof LINEAR;

/** Training examples a client that E1 is judged at; one fewer is reported. */
export const SAMPLES = 7;
/** Methods that are also run with 6. */
const WITH_SIX = ['FedAvg', 'Local', 'FLoRAL'] as const;

const linearRounds = (tier: Tier) => (tier === 'quick' ? 300 : 1000);

/** A run of E1. */
export const linear = (tier: Tier, name: LinearName, samples = SAMPLES): LinearConfig => ({
  problem: 'linear',
  samples,
  rounds: linearRounds(tier),
  ...LINEAR[name],
});

/** Ranks beside 1, and a run of E1 with one of them. */
export const RANKS = [2, 3] as const;
export const ranked = (tier: Tier, rank: number): LinearConfig => ({ ...linear(tier, 'FLoRAL'), rank });

/** Methods on the synthetic perceptron. */
export const RELU = ['FedAvg', 'Local Adaptor', 'FLoRAL', 'FLoRAL, π*', 'Ensemble', 'Ensemble, π*'] as const satisfies readonly MethodName[]; // prettier-ignore

/** A run of the synthetic perceptron: 120 examples, of which 96 are trained on. */
export const relu = (method: MethodName): LinearConfig => ({ problem: 'relu', samples: 96, rounds: 500, method });

export function linearRuns(tier: Tier): LinearConfig[] {
  const main = [
    ...(Object.keys(LINEAR) as LinearName[]).map((name) => linear(tier, name)),
    ...WITH_SIX.map((name) => linear(tier, name, SAMPLES - 1)),
  ];
  return tier === 'quick' ? main : [...main, ...RANKS.map((rank) => ranked(tier, rank))];
}

export const reluRuns = (tier: Tier): LinearConfig[] => (tier === 'quick' ? [] : RELU.map(relu));

export const TASKS: readonly Task[] = ['shift', 'rotation'];
/** Training examples a client of E2: plenty and few. */
export const [PLENTY, FEW] = [40, 5];

/** Rounds of E2: at the specification's 120 learned routers have not sorted. */
export const classRounds = (tier: Tier, samples: number) =>
  tier === 'quick' ? (samples === FEW ? 400 : 300) : samples === FEW ? 1200 : 600;

/** The round at which speed is compared. */
export const EARLY = 120;

/** What every bench compares; routing by loss at quick where it is judged alone: shifted labels, plenty of examples. */
const MAIN = {
  FedAvg: { method: 'FedAvg' },
  'Local Adaptor': { method: 'Local Adaptor' },
  FLoRAL: { method: 'FLoRAL' },
  'FLoRAL, π*': { method: 'FLoRAL, π*' },
  Ensemble: { method: 'Ensemble' },
  'Ensemble, π*': { method: 'Ensemble, π*' },
  losses: { method: 'FLoRAL, losses' },
} as const satisfies Readonly<Record<string, Setting>>;

export type MainName = keyof typeof MAIN;

/** With plenty of examples of shifted labels, in every tier; at quick only as long as speed is compared. */
const SHIFTED = {
  'router rate 3': { method: 'FLoRAL', routerRate: 3 },
  plain: { method: 'FLoRAL', preconditioned: false },
  'plain, π*': { method: 'FLoRAL, π*', preconditioned: false },
  'no bias': { method: 'FLoRAL', bias: false },
  'no bias, π*': { method: 'FLoRAL, π*', bias: false },
} as const satisfies Readonly<Record<string, Setting>>;

/** The same from standard on. */
const SWEPT = {
  'router rate 0.1': { method: 'FLoRAL', routerRate: 0.1 },
  'router rate 1': { method: 'FLoRAL', routerRate: 1 },
  'noise 0': { method: 'FLoRAL', noise: 0 },
} as const satisfies Readonly<Record<string, Setting>>;

/** On both tasks with plenty of examples, from standard on. */
const SIZED = {
  'C = 8': { method: 'FLoRAL', C: 8 },
  'C = 2': { method: 'FLoRAL', C: 2 },
} as const satisfies Readonly<Record<string, Setting>>;

/** Baselines that the paper's table leaves out, on every task and size from standard on. */
const OTHERS = {
  Local: { method: 'Local' },
  'Ensemble, losses': { method: 'Ensemble, losses' },
  IFCA: { method: 'IFCA' },
  FedEM: { method: 'FedEM' },
  FedProx: { method: 'FedProx' },
  Ditto: { method: 'Ditto' },
  'Private head': { method: 'Private head' },
  'Alternating halves': { method: 'Alternating halves' },
} as const satisfies Readonly<Record<string, Setting>>;

/** The setting of a name that claims use. */
const SETTINGS = { ...MAIN, ...SHIFTED, ...SWEPT, ...SIZED, ...OTHERS };
export type ClassName = keyof typeof SETTINGS;

const names = <T extends object>(of: T) => Object.keys(of) as (keyof T)[];
export const [MAIN_NAMES, SWEPT_NAMES, OTHER_NAMES] = [names(MAIN), names({ ...SHIFTED, ...SWEPT }), names(OTHERS)];

/** A run of E2. */
export const classes = (tier: Tier, name: ClassName, task: Task, samples: number): ClassesConfig => ({
  task,
  samples,
  rounds: tier === 'quick' && name in SHIFTED ? EARLY : classRounds(tier, samples),
  ...SETTINGS[name],
});

export function classRuns(tier: Tier): ClassesConfig[] {
  const on = (some: readonly ClassName[], tasks: readonly Task[], sizes: readonly number[]) =>
    tasks.flatMap((task) => sizes.flatMap((samples) => some.map((name) => classes(tier, name, task, samples))));
  const both = [PLENTY, FEW];
  if (tier === 'quick') {
    const others = MAIN_NAMES.filter((name) => name !== 'losses');
    return [...on(others, TASKS, both), ...on(['losses', ...names(SHIFTED)], ['shift'], [PLENTY])];
  }
  return [
    ...on([...MAIN_NAMES, ...OTHER_NAMES], TASKS, both),
    ...on(names(SIZED), TASKS, [PLENTY]),
    ...on(SWEPT_NAMES, ['shift'], [PLENTY]),
  ];
}

/** Pictures a client: plenty and few, the paper's 5 %. */
export const [MNIST_PLENTY, MNIST_FEW] = [200, 10];

/** A run on MNIST with 40 clients. */
export const mnist = (name: MainName, task: Task, samples: number): PicturesConfig => ({
  data: 'mnist',
  size: 'small',
  task,
  samples,
  rounds: samples === MNIST_FEW ? 300 : 80,
  ...MAIN[name],
});

/** Methods of one model a client. */
const SINGLE = ['FedAvg', 'Local Adaptor', 'FLoRAL', 'FLoRAL, π*'] as const satisfies readonly MainName[];

/**
 * Who is compared where. Turned pictures are few alone: with plenty no router sorts in the rounds that standard has. Ensembles, which
 * take as long as all else, are on shifted labels alone, learned ones with few pictures.
 */
const ON_MNIST = [
  ['shift', MNIST_PLENTY, [...SINGLE, 'Ensemble, π*', 'losses']],
  ['shift', MNIST_FEW, [...SINGLE, 'Ensemble', 'Ensemble, π*']],
  ['rotation', MNIST_FEW, SINGLE],
] as const satisfies readonly (readonly [Task, number, readonly MainName[]])[];
export const MNIST_CONDITIONS = ON_MNIST.map(([task, samples]) => [task, samples] as const);
export const mnistRuns = (): PicturesConfig[] =>
  ON_MNIST.flatMap(([task, samples, names]) => names.map((name) => mnist(name, task, samples)));

/** Pictures a client of CIFAR-10: the paper's 5 %. */
export const CIFAR_FEW = 125;
/** What the time allows of CIFAR-10 with shifted labels; rotations show nothing at this size. */
export const CIFAR_NAMES = SINGLE;
export type CifarName = (typeof CIFAR_NAMES)[number];

/** A run on CIFAR-10 at 16 × 16 with 20 clients. */
export const cifar = (name: CifarName): PicturesConfig => ({
  data: 'cifar-10',
  size: 'small',
  task: 'shift',
  samples: CIFAR_FEW,
  rounds: 40,
  ...MAIN[name],
});

/** Rows of the paper's Table 1. */
export const TABLE_ROWS = {
  FedAvg: { method: 'FedAvg' },
  'Local Adaptor': { method: 'Local Adaptor' },
  Ensemble: { method: 'Ensemble' },
  'Ensemble, π*': { method: 'Ensemble, π*' },
  'FLoRAL 1 %': { method: 'FLoRAL', rank: 0.01 },
  'FLoRAL 1 %, π*': { method: 'FLoRAL, π*', rank: 0.01 },
  'FLoRAL 10 %': { method: 'FLoRAL' },
  'FLoRAL 10 %, π*': { method: 'FLoRAL, π*' },
} as const satisfies Readonly<Record<string, Setting>>;

/** Columns of Table 1: what the paper's runs are of. A tenth to a twentieth of the data has thrice the rounds and router rate. */
const column = (data: PicturesConfig['data'], task: PicturesConfig['task'], samples: number, scarce: boolean) =>
  ({ data, size: 'paper', task, samples, rounds: scarce ? 1500 : 500, routerRate: scarce ? 0.3 : 0.1 }) as const;
export const TABLE_COLUMNS = {
  'MNIST-R': column('mnist', 'rotation', 200, false),
  'MNIST-LS': column('mnist', 'shift', 200, false),
  'MNIST-R 5 %': column('mnist', 'rotation', 10, true),
  'MNIST-LS 5 %': column('mnist', 'shift', 10, true),
  'CIFAR-10-R': column('cifar-10', 'rotation', 2500, false),
  'CIFAR-10-LS': column('cifar-10', 'shift', 2500, false),
  'CIFAR-10-R 5 %': column('cifar-10', 'rotation', 125, true),
  'CIFAR-10-LS 5 %': column('cifar-10', 'shift', 125, true),
  'CIFAR-100': column('cifar-100', 'labels', 500, false),
  'CIFAR-100 5 %': column('cifar-100', 'labels', 25, true),
} as const satisfies Readonly<Record<string, Omit<PicturesConfig, 'method'>>>;
export type TableRow = keyof typeof TABLE_ROWS;
export type TableColumn = keyof typeof TABLE_COLUMNS;

/** A run of the paper's Table 1. */
export const table = (row: TableRow, col: TableColumn): PicturesConfig => ({ ...TABLE_COLUMNS[col], ...TABLE_ROWS[row] }); // prettier-ignore

export const tableRuns = (data: PicturesConfig['data']): PicturesConfig[] =>
  (Object.keys(TABLE_COLUMNS) as TableColumn[])
    .filter((col) => TABLE_COLUMNS[col].data === data)
    .flatMap((col) => (Object.keys(TABLE_ROWS) as TableRow[]).map((row) => table(row, col)));
