/** The three methods as spec §3.2-3.4 writes them, on plain arrays. Slow on purpose: the package must equal it. */
import { cohorts, type Participation } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import type { Problem } from '../src/index.js';

export type Vector = readonly number[];

export const plus = (a: Vector, b: Vector): number[] => a.map((v, j) => v + b[j]!);
export const minus = (a: Vector, b: Vector): number[] => a.map((v, j) => v - b[j]!);
export const times = (s: number, a: Vector): number[] => a.map((v) => s * v);
export const dot = (a: Vector, b: Vector): number => a.reduce((sum, v, j) => sum + v * b[j]!, 0);
export const norm2 = (a: Vector): number => dot(a, a);
export const mean = (rows: readonly Vector[]): number[] => times(1 / rows.length, rows.reduce(plus));
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const zeros = (n: number): number[] => range(n).map(() => 0);

/** g_i(y; ξ) where ξ has the key (seed, problem, round, client, step) and no other. */
function oracle(problem: Problem, seed: number) {
  const key = stream(seed, problem.name ?? 'problem', 'noise');
  return (i: number, y: Vector, round: number, step: number): number[] => {
    const out = new Float64Array(problem.d);
    problem.grad(i, Float64Array.from(y), out, key.at(round, i, step));
    return [...out];
  };
}

/** Exact ∇f_i(x). */
export function clientGradient(problem: Problem, i: number, x: Vector): number[] {
  const out = new Float64Array(problem.d);
  problem.clientGrad!(i, Float64Array.from(x), out);
  return [...out];
}

/** Exact ∇f(x), as the mean of the clients'. */
export function fullGradient(problem: Problem, x: Vector): number[] {
  return mean(range(problem.n).map((i) => clientGradient(problem, i, x)));
}

/** One round: who took part, where each was before step k (`points[k][s]`) and at its end. */
export interface Round {
  readonly clients: readonly number[];
  readonly points: readonly (readonly Vector[])[];
  readonly ends: readonly Vector[];
  /** Server point after the round. */
  readonly x: Vector;
  /** SCAFFOLD's controls after the round. */
  readonly c?: Vector;
  readonly controls?: readonly Vector[];
}

export interface ReferenceOptions {
  readonly eta: number;
  readonly etaOuter?: number;
  readonly K: readonly number[];
  readonly R: number;
  readonly x0: Vector;
  readonly seed?: number;
  readonly participation?: Participation;
  readonly weights?: Vector;
  readonly option?: 'I' | 'II';
  readonly controlsInit?: 'zero' | 'gradient';
}

/** Spec §3.2. */
export function minibatchSgd(problem: Problem, { eta, K, R, x0, seed = 0 }: ReferenceOptions): Round[] {
  const g = oracle(problem, seed);
  let x = x0;
  return range(R).map((r) => {
    const all = range(problem.n).flatMap((i) => range(K[i]!).map((k) => g(i, x, r, k)));
    x = minus(x, times(eta, mean(all)));
    return { clients: range(problem.n), points: [], ends: [], x };
  });
}

/** K_i local steps y ← y − η direction(y, k) of every client. */
function localSteps(
  x: Vector,
  clients: readonly number[],
  K: readonly number[],
  eta: number,
  direction: (i: number, y: Vector, k: number) => Vector,
): Pick<Round, 'points' | 'ends'> {
  const paths = clients.map((i) => {
    const path = [x];
    for (let k = 0; k < K[i]!; k++) path.push(minus(path[k]!, times(eta, direction(i, path[k]!, k))));
    return path;
  });
  const most = Math.max(...clients.map((i) => K[i]!));
  return {
    points: range(most).map((k) => paths.map((path) => path[Math.min(k, path.length - 1)]!)),
    ends: paths.map((path) => path.at(-1)!),
  };
}

/** Spec §3.3. */
export function localSgd(problem: Problem, options: ReferenceOptions): Round[] {
  const { eta, etaOuter = 1, K, R, x0, seed = 0, participation = 'full' } = options;
  const weights = options.weights ?? range(problem.n).map(() => 1);
  const g = oracle(problem, seed);
  const draw = cohorts(participation, problem.n, seed);
  let x = x0;
  return range(R).map((r) => {
    const clients = [...draw(r)];
    const steps = localSteps(x, clients, K, eta, (i, y, k) => g(i, y, r, k));
    const total = clients.reduce((sum, i) => sum + weights[i]!, 0);
    const average = steps.ends.map((y, s) => times(weights[clients[s]!]! / total, y)).reduce(plus);
    x = plus(x, times(etaOuter, minus(average, x)));
    return { clients, ...steps, x };
  });
}

/** Spec §3.4. */
export function scaffold(problem: Problem, options: ReferenceOptions): Round[] {
  const { eta, etaOuter = 1, K, R, x0, seed = 0, participation = 'full', option = 'II', controlsInit } = options;
  const { n, d } = problem;
  const g = oracle(problem, seed);
  const draw = cohorts(participation, n, seed);
  let x = x0;
  let controls: Vector[] = range(n).map((i) => (controlsInit === 'gradient' ? g(i, x0, 0, 2 ** 32 - 1) : zeros(d)));
  let c: Vector = mean(controls);
  return range(R).map((r) => {
    const clients = [...draw(r)];
    const steps = localSteps(x, clients, K, eta, (i, y, k) => plus(minus(g(i, y, r, k), controls[i]!), c));
    const renewed = clients.map((i, s) =>
      option === 'I'
        ? g(i, x, r, K[i]!)
        : plus(minus(controls[i]!, c), times(1 / (K[i]! * eta), minus(x, steps.ends[s]!))),
    );
    x = plus(x, times(etaOuter, mean(steps.ends.map((y) => minus(y, x)))));
    c = plus(c, times(1 / n, renewed.map((own, s) => minus(own, controls[clients[s]!]!)).reduce(plus)));
    controls = controls.map((old, i) => (clients.includes(i) ? renewed[clients.indexOf(i)]! : old));
    return { clients, ...steps, x, c, controls };
  });
}
