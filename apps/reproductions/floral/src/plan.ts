/** Which methods are trained in which tier. */
import type { Tier } from '@assay-ml/claims';
import type { ClassesConfig } from './cells/classes.js';
import type { LinearConfig } from './cells/linear.js';
import type { MnistConfig } from './cells/mnist.js';
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

/** Rounds of E1; the perceptron's are the authors'. */
const linearRounds = (tier: Tier) => (tier === 'quick' ? 300 : 1000);

/** A run of E1. */
export const linear = (tier: Tier, name: LinearName, samples = SAMPLES): LinearConfig => ({
  problem: 'linear',
  samples,
  rounds: linearRounds(tier),
  ...LINEAR[name],
});

/** Methods on the synthetic perceptron. */
const RELU: readonly MethodName[] = ['FedAvg', 'Local Adaptor', 'FLoRAL', 'FLoRAL, π*', 'Ensemble', 'Ensemble, π*'];

/** A run of the synthetic perceptron: 120 examples, of which 96 are trained on. */
export const relu = (method: MethodName): LinearConfig => ({ problem: 'relu', samples: 96, rounds: 500, method });

/** Ranks beside 1. */
const RANKS = [2, 3] as const;

export function linearRuns(tier: Tier): LinearConfig[] {
  const main = [
    ...(Object.keys(LINEAR) as LinearName[]).map((name) => linear(tier, name)),
    ...WITH_SIX.map((name) => linear(tier, name, SAMPLES - 1)),
  ];
  if (tier === 'quick') return main;
  return [...main, ...RANKS.map((rank) => ({ ...linear(tier, 'FLoRAL'), rank })), ...RELU.map(relu)];
}

export const TASKS: readonly Task[] = ['shift', 'rotation'];
/** Training examples a client: plenty and few. */
export const [PLENTY, FEW] = [40, 5];

/** Rounds of E2: at the specification's 120 learned routers have not sorted. */
export const classRounds = (tier: Tier, samples: number) =>
  tier === 'quick' ? (samples === FEW ? 400 : 300) : samples === FEW ? 1200 : 600;

/** The round at which speed is compared. */
export const EARLY = 120;

/** E2's methods on each task and size; routing by loss at quick where it is judged alone: shifted labels, plenty of examples. */
export const MAIN = {
  FedAvg: { method: 'FedAvg' },
  'Local Adaptor': { method: 'Local Adaptor' },
  FLoRAL: { method: 'FLoRAL' },
  'FLoRAL, π*': { method: 'FLoRAL, π*' },
  Ensemble: { method: 'Ensemble' },
  'Ensemble, π*': { method: 'Ensemble, π*' },
  losses: { method: 'FLoRAL, losses' },
} as const satisfies Readonly<Record<string, Setting>>;

/** With plenty of examples of shifted labels, in every tier, as long as speed is compared. */
const SHIFTED = {
  'router rate 3': { method: 'FLoRAL', routerRate: 3 },
  plain: { method: 'FLoRAL', preconditioned: false },
  'plain, π*': { method: 'FLoRAL, π*', preconditioned: false },
  'no bias': { method: 'FLoRAL', bias: false },
  'no bias, π*': { method: 'FLoRAL, π*', bias: false },
} as const satisfies Readonly<Record<string, Setting>>;

/** On both tasks with plenty of examples, at standard. */
const SIZED = {
  'C = 8': { method: 'FLoRAL', C: 8 },
  'C = 2': { method: 'FLoRAL', C: 2 },
} as const satisfies Readonly<Record<string, Setting>>;

/** Sweeps on shifted labels, at standard. */
const SWEPT: readonly Setting[] = [
  { method: 'FLoRAL', routerRate: 0.1 },
  { method: 'FLoRAL', routerRate: 1 },
  { method: 'FLoRAL', noise: 0 },
];

/** Baselines on every task and size, at standard. */
export const BASELINES: readonly MethodName[] = [
  ...([
    'Local',
    'Ensemble, losses',
    'IFCA',
    'FedEM',
    'FedProx',
    'Ditto',
    'Private head',
    'Alternating halves',
  ] as const),
];

/** A run of E2 of a method alone, with nothing else set. */
export const baseline = (tier: Tier, method: MethodName, task: Task, samples: number): ClassesConfig => ({
  task,
  samples,
  rounds: classRounds(tier, samples),
  method,
});

/** The setting of a name that claims use. */
const SETTINGS = { ...MAIN, ...SHIFTED, ...SIZED };
export type ClassName = keyof typeof SETTINGS;

/** A run of E2. */
export const classes = (tier: Tier, name: ClassName, task: Task, samples: number): ClassesConfig => ({
  task,
  samples,
  rounds: name in SHIFTED ? EARLY : classRounds(tier, samples),
  ...SETTINGS[name],
});

export function classRuns(tier: Tier): ClassesConfig[] {
  const everywhere = (settings: readonly Setting[]) =>
    TASKS.flatMap((task) =>
      [PLENTY, FEW].flatMap((samples) =>
        settings.map((s) => ({ task, samples, rounds: classRounds(tier, samples), ...s })),
      ),
    );
  const some = (settings: readonly Setting[], tasks: readonly Task[]) =>
    tasks.flatMap((task) => settings.map((s) => ({ task, samples: PLENTY, rounds: classRounds(tier, PLENTY), ...s })));
  const { losses, ...others } = MAIN;
  const main = [
    ...everywhere(Object.values(others)),
    ...(tier === 'quick' ? [classes(tier, 'losses', 'shift', PLENTY)] : everywhere([losses])),
    ...(Object.keys(SHIFTED) as (keyof typeof SHIFTED)[]).map((name) => classes(tier, name, 'shift', PLENTY)),
  ];
  if (tier === 'quick') return main;
  return [
    ...main,
    ...some(Object.values(SIZED), TASKS),
    ...some(SWEPT, ['shift']),
    ...everywhere(BASELINES.map((method) => ({ method }))),
  ];
}

/** MNIST's methods: those of E2 in every tier. */
export type MnistName = keyof typeof MAIN;
/** Images a client: plenty and few, the paper's 5 %. */
export const [MNIST_PLENTY, MNIST_FEW] = [200, 10];

/** A run on MNIST; 600 rounds of one step, or 80 of seven. */
export const mnist = (name: MnistName, task: Task, samples: number): MnistConfig => ({
  task,
  samples,
  rounds: samples === MNIST_FEW ? 600 : 80,
  ...MAIN[name],
});

export function mnistRuns(tier: Tier): MnistConfig[] {
  if (tier === 'quick') return [];
  const names = Object.keys(MAIN) as MnistName[];
  return TASKS.flatMap((task) =>
    [MNIST_PLENTY, MNIST_FEW].flatMap((samples) => names.map((name) => mnist(name, task, samples))),
  );
}
