/**
 * SCAFFOLD (Karimireddy et al. 2020, as given in spec §3.4): local steps corrected by control variates.
 *
 *   clients i in S:  y_i ← x;  K_i times  y_i ← y_i − η_l (g_i(y_i; ξ) − c_i + c)
 *     option I:   c_i⁺ = g_i(x)
 *     option II:  c_i⁺ = c_i − c + (x − y_i)/(K_i η_l)          the mean of the K_i raw gradients
 *   server:  x ← x + η_g (mean_{i in S} y_i − x);   c ← c + (1/n) Σ_{i in S} (c_i⁺ − c_i);   then c_i ← c_i⁺
 *
 * paper → code: η_l → `eta`, η_g → `etaOuter`, K_i → `K`, c → `state.c`, c_i → rows of `state.controls`, S → `clients`.
 *
 * Single-vector communication keeps c − c_i alone at each client: under full participation with option II and equal K,
 * c⁺ − c_i⁺ = c − c_i + (y_i − ȳ)/(K η_l), and ȳ follows from the server points before and after.
 */
import { aggregate, chargeRound, cohorts, cohortSize, type Participation } from '@assay-ml/federated';
import { invalid, oneOf, positive, vector, type Names } from '../check.js';
import { noiseStream, stochasticGradient } from '../exact.js';
import type { Problem } from '../problem.js';
import { hasNaN } from '../vectors.js';
import { drive } from './drive.js';
import { correctionRecorder } from './correction.js';
import { badGradient, localPhase, type Observer } from './local-phase.js';
import { check, localSteps, type Result, type RunOptions, RUN_NAMES } from './options.js';
import { recorder } from './recorder.js';
import { serverStep } from './server-step.js';

/** Options of `scaffold`. */
export interface ScaffoldOptions extends RunOptions {
  /** Inner step size η_l > 0. */
  readonly eta: number;
  /** Outer step size η_g > 0. Default 1 (spec §3.4). */
  readonly etaOuter?: number;
  /** Local steps: a positive integer, or one for each client; option II divides by each client's own. */
  readonly K: number | readonly number[];
  /** How the controls are renewed. Default 'II' (spec §3.4). Option I costs one gradient more for each client and round. */
  readonly option?: 'I' | 'II';
  /** First controls: zero, or one gradient of each client at x_0 and their mean. Default 'zero' (spec §3.4). */
  readonly controlsInit?: 'zero' | 'gradient';
  /** What travels: model and control (2d each way), or the model alone (d each way). Default 'two-vector'. */
  readonly communication?: 'two-vector' | 'single-vector';
  /** Clients of a round. Default 'full'. */
  readonly participation?: Participation;
}

/** Step counter of the gradients that set the first controls: no local step reaches it. */
const FIRST_CONTROLS = 0xffffffff;

const NAMES: Names<ScaffoldOptions> = {
  ...RUN_NAMES,
  eta: 1,
  etaOuter: 1,
  K: 1,
  option: 1,
  controlsInit: 1,
  communication: 1,
  participation: 1,
};

/**
 * Runs SCAFFOLD for R rounds.
 * @throws RangeError or TypeError naming the option that is wrong, or the round, client and step of a gradient that is NaN
 */
export function scaffold(problem: Problem, options: ScaffoldOptions): Result {
  const where = 'scaffold';
  const checked = check(where, problem, options, NAMES);
  const eta = positive(where, 'eta', options.eta);
  const etaOuter = positive(where, 'etaOuter', options.etaOuter ?? 1);
  const { n, d } = problem;
  const K = localSteps(where, options.K, n);
  const option = oneOf(where, 'option', options.option ?? 'II', ['I', 'II']);
  const controlsInit = oneOf(where, 'controlsInit', options.controlsInit ?? 'zero', ['zero', 'gradient']);
  const communication = oneOf(where, 'communication', options.communication ?? 'two-vector', [
    'two-vector',
    'single-vector',
  ]);
  const participation = options.participation ?? 'full';
  const cohort = cohortSize(participation, n, where);
  const single = communication === 'single-vector';
  if (single && (cohort < n || option !== 'II' || K.some((k) => k !== K[0]) || options.serverUpdate)) {
    throw invalid(
      where,
      'communication',
      communication,
      "'two-vector' unless all clients take part with option 'II', equal K and the plain server step",
      'The one vector cannot carry the controls otherwise.',
    );
  }
  const draw = cohorts(participation, n, checked.seed);
  const { state } = checked;
  const measured = recorder(checked);
  const noise = noiseStream(problem, checked.seed);
  const gradient = stochasticGradient(problem);
  const one = new Float64Array(d);
  const sample = (x: Float64Array, round: number, client: number, step: number): Float64Array => {
    gradient(client, x, one, noise.at(round, client, step));
    if (hasNaN(one)) throw badGradient(where, round, client, 'control');
    return one;
  };

  if (options.state) {
    vector(where, 'state.controls', state.controls ?? [], n * d);
    if (state.c) vector(where, 'state.c', state.c, d);
    if (single !== (state.c === undefined)) {
      throw invalid(
        where,
        'communication',
        communication,
        'that of the state',
        'Resume with the options of the first run.',
      );
    }
  } else {
    state.controls = new Float64Array(n * d);
    const c = new Float64Array(d);
    if (controlsInit === 'gradient') {
      for (let i = 0; i < n; i++) {
        state.controls.set(sample(state.x, 0, i, FIRST_CONTROLS), i * d);
        for (let j = 0; j < d; j++) c[j] = c[j]! + one[j]! / n;
      }
      state.ledger.gradientCalls += n;
      state.ledger.floatsUp += n * d;
      if (single) state.ledger.floatsDown += n * d;
    }
    if (single) for (let k = 0; k < n * d; k++) state.controls[k] = c[k % d]! - state.controls[k]!;
    else state.c = c;
  }
  const controls = state.controls!;
  const c = state.c;
  const shift = single ? controls : new Float64Array(cohort * d);
  const before = new Float64Array(d);
  const scales = new Float64Array(cohort);
  const gradients = new Float64Array(option === 'I' ? cohort * d : 0);
  const correction =
    measured?.detailed && problem.exact && cohort === n && option === 'II' && K.every((k) => k === K[0])
      ? correctionRecorder(problem, K[0]!, shift, !options.state && controlsInit === 'gradient' ? state.x : null)
      : null;
  const observe: Observer | undefined = correction
    ? (k, rows) => {
        measured!.observe!(k, rows);
        correction.observe(k, rows);
      }
    : (measured?.observe ?? undefined);
  const phase = localPhase(checked, K, eta, cohort, observe);
  const server = serverStep(d, etaOuter, options.serverUpdate);
  const mean = new Float64Array(d);
  const change = new Float64Array(d);
  let clients = draw(0);

  /** Takes c_i⁺ (single-vector: c⁺ − c_i⁺) of the round's clients and moves c by the mean of their changes. */
  const renew = (round: number): void => {
    for (let s = 0; s < cohort; s++) scales[s] = 1 / (K[clients[s]!]! * eta);
    if (option === 'I') {
      for (let s = 0; s < cohort; s++) gradients.set(sample(before, round, clients[s]!, K[clients[s]!]!), s * d);
    }
    if (!c) return renewDifferences(controls, phase.points, mean, scales);
    change.fill(0);
    if (option === 'I') renewI(controls, gradients, clients, change);
    else renewII(controls, before, phase.points, shift, scales, clients, change);
    // c moves by the changes against the old controls, with 1/n whatever the cohort.
    for (let j = 0; j < d; j++) c[j] = c[j]! + change[j]! / n;
  };

  return drive(
    checked,
    {
      propose(round, next) {
        clients = draw(round);
        if (c) correct(c, controls, clients, shift);
        phase.run(round, state.x, clients, shift);
        server(state.x, aggregate(phase.points, clients, mean), next, round);
        before.set(state.x);
      },
      blame: (round) => phase.blame(round, state.x, shift),
      commit() {
        let calls = option === 'I' ? cohort : 0;
        for (let s = 0; s < cohort; s++) calls += K[clients[s]!]!;
        renew(state.round - 1);
        chargeRound(state.ledger, cohort, single ? d : 2 * d, single ? d : 2 * d, calls);
      },
      measure: (round) => ({
        ...measured!.round(round, state.x, phase.points, clients, single ? undefined : controls),
        ...correction?.round(),
      }),
      free: () => phase.free(),
    },
    measured,
  );
}

/** shift_s ← c − c_i of the round's clients i. */
function correct(c: Float64Array, controls: Float64Array, clients: Uint32Array, shift: Float64Array): void {
  const d = c.length;
  for (let s = 0; s < clients.length; s++) {
    const at = s * d;
    const from = clients[s]! * d;
    for (let j = 0; j < d; j++) shift[at + j] = c[j]! - controls[from + j]!;
  }
}

/** Option I: c_i ← g_i(x), and adds up what they change by. */
function renewI(controls: Float64Array, g: Float64Array, clients: Uint32Array, change: Float64Array): void {
  const d = change.length;
  for (let s = 0; s < clients.length; s++) {
    const at = s * d;
    const to = clients[s]! * d;
    for (let j = 0; j < d; j++) {
      const renewed = g[at + j]!;
      change[j] = change[j]! + (renewed - controls[to + j]!);
      controls[to + j] = renewed;
    }
  }
}

/** Option II: c_i ← (x − y_i)/(K_i η_l) − (c − c_i), and adds up what they change by. */
function renewII(
  controls: Float64Array,
  x: Float64Array,
  y: Float64Array,
  shift: Float64Array,
  scales: Float64Array,
  clients: Uint32Array,
  change: Float64Array,
): void {
  const d = change.length;
  for (let s = 0; s < clients.length; s++) {
    const scale = scales[s]!;
    const at = s * d;
    const to = clients[s]! * d;
    for (let j = 0; j < d; j++) {
      const renewed = scale * (x[j]! - y[at + j]!) - shift[at + j]!;
      change[j] = change[j]! + (renewed - controls[to + j]!);
      controls[to + j] = renewed;
    }
  }
}

/** Single-vector, all clients: c − c_i ← c − c_i + (y_i − ȳ)/(K η_l). */
function renewDifferences(controls: Float64Array, y: Float64Array, mean: Float64Array, scales: Float64Array): void {
  const d = mean.length;
  for (let s = 0; s < scales.length; s++) {
    const scale = scales[s]!;
    const at = s * d;
    for (let j = 0; j < d; j++) controls[at + j] = controls[at + j]! + scale * (y[at + j]! - mean[j]!);
  }
}
