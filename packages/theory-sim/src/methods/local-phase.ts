/**
 * The local steps that LocalSGD and SCAFFOLD share: every client of the round starts at the server point and makes its
 * K_i steps y_i ← y_i − η (g_i(y_i; ξ) + shift_i), where shift_i = c − c_i for SCAFFOLD and nothing for LocalSGD.
 *
 * Two ways, the same bits. *Together*: all clients make their steps in one call of `descend`, in the memory of the
 * kernels, for exact problems that offer it. *Client by client*: one client makes all its steps while its data is in the
 * cache. An observer needs all clients at one step: the first way then calls once a step, the second takes turns.
 */
import { allocate, type Block } from '@assay-ml/numerics';
import { exactClientGradient, noiseStream, stochasticGradient } from '../exact.js';
import { hasNaN, squaredNorm } from '../vectors.js';
import type { Checked } from './options.js';

/** Sees the clients' points [S·d] before each local step k. */
export type Observer = (k: number, points: Float64Array) => void;

/** The local steps of a run: memory is taken once, and given back by `free`. */
export interface LocalPhase {
  /** Runs one round from `x`; `shift` [S·d] is read only. */
  run(round: number, x: Float64Array, clients: Uint32Array, shift: Float64Array | null): void;
  /** The clients' last points [S·d]. To be read anew after a caller's function ran: memory that grew leaves old views empty. */
  readonly points: Float64Array;
  /** Throws if the round that just ran met a gradient that is NaN at a moderate point. Infinite is divergence. */
  blame(round: number, x: Float64Array, shift: Float64Array | null): void;
  free(): void;
}

/** The error of a gradient that is NaN although its argument is finite; `step` 'control': the one for SCAFFOLD's control. */
export function badGradient(where: string, round: number, client: number, step: number | 'control'): RangeError {
  const asked = step === 'control' ? 'asked for its control' : `local step ${step}`;
  return new RangeError(
    `${where}: the gradient of client ${client} is NaN in round ${round}, ${asked}; must be a number at a finite point. Check the problem's grad.`,
  );
}

/**
 * @param checked the run
 * @param K local steps by client [n]
 * @param eta inner step size η
 * @param cohort number of clients in a round
 * @param observe called before each local step, if given
 */
export function localPhase(
  checked: Checked,
  K: Uint32Array,
  eta: number,
  cohort: number,
  observe?: Observer,
): LocalPhase {
  const { problem } = checked;
  const uniform = K.every((k) => k === K[0]);
  return problem.exact && problem.descend && cohort === problem.n && uniform
    ? together(checked, K[0]!, eta, observe)
    : clientByClient(checked, K, eta, cohort, observe);
}

function together({ where, problem, limit }: Checked, K: number, eta: number, observe?: Observer): LocalPhase {
  const { n, d } = problem;
  const points = allocate(n * d);
  let shifts: Block | null = null;
  const start = (x: Float64Array, shift: Float64Array | null): void => {
    if (shift) (shifts ??= allocate(n * d)).array.set(shift);
    // The rows that are there are copied behind themselves.
    const y = points.array;
    y.set(x);
    for (let filled = d; filled < n * d; filled *= 2) y.copyWithin(filled, 0, filled);
  };
  // Arrays of blocks are read anew at each use: memory that grew meanwhile leaves old views empty.
  const descend = (shift: Float64Array | null, steps: number): void =>
    problem.descend!(points.array, shift && shifts!.array, eta, steps);
  return {
    run(_round, x, _clients, shift) {
      start(x, shift);
      if (observe) {
        for (let k = 0; k < K; k++) {
          observe(k, points.array);
          descend(shift, 1);
        }
      } else descend(shift, K);
    },
    get points() {
      return points.array;
    },
    blame(round, x, shift) {
      const gradient = exactClientGradient(problem)!;
      const g = new Float64Array(d);
      start(x, shift);
      for (let k = 0; k < K; k++) {
        for (let i = 0; i < n; i++) {
          const y = points.array.subarray(i * d, (i + 1) * d);
          gradient(i, y, g);
          if (hasNaN(g) && Math.sqrt(squaredNorm(y)) <= limit) throw badGradient(where, round, i, k);
        }
        descend(shift, 1);
      }
    },
    free() {
      points.free();
      shifts?.free();
    },
  };
}

function clientByClient(
  { where, problem, limit, seed }: Checked,
  K: Uint32Array,
  eta: number,
  cohort: number,
  observe?: Observer,
): LocalPhase {
  const { d } = problem;
  const noise = noiseStream(problem, seed);
  const gradient = stochasticGradient(problem);
  const points = new Float64Array(cohort * d);
  const rows = Array.from({ length: cohort }, (_, s) => points.subarray(s * d, (s + 1) * d));
  const g = new Float64Array(d);
  const step = (round: number, client: number, k: number, s: number, shift: Float64Array | null): void => {
    const y = rows[s]!;
    gradient(client, y, g, noise.at(round, client, k));
    if (hasNaN(g) && Math.sqrt(squaredNorm(y)) <= limit) throw badGradient(where, round, client, k);
    descend(y, g, shift, s * d, eta);
  };
  return {
    run(round, x, clients, shift) {
      for (let s = 0; s < cohort; s++) rows[s]!.set(x);
      if (observe) {
        const most = clients.reduce((max, client) => Math.max(max, K[client]!), 0);
        for (let k = 0; k < most; k++) {
          observe(k, points);
          for (let s = 0; s < cohort; s++) if (k < K[clients[s]!]!) step(round, clients[s]!, k, s, shift);
        }
      } else {
        for (let s = 0; s < cohort; s++) {
          const client = clients[s]!;
          for (let k = 0; k < K[client]!; k++) step(round, client, k, s, shift);
        }
      }
    },
    points,
    // Every gradient was looked at when it came.
    blame: () => undefined,
    free: () => undefined,
  };
}

/** y ← y − η (g + shift); the shift of `y` starts at `at`. */
function descend(y: Float64Array, g: Float64Array, shift: Float64Array | null, at: number, eta: number): void {
  if (shift === null) for (let j = 0; j < y.length; j++) y[j] = y[j]! - eta * g[j]!;
  else for (let j = 0; j < y.length; j++) y[j] = y[j]! - eta * (g[j]! + shift[at + j]!);
}
