/** The optimum in hindsight: the linear program of the whole episode, solved when it starts and played as it stands. */
import { options as checkOptions } from '@assay-ml/numerics/check';
import { type Coupling, solveDispatch } from '../microgrid/dispatch.js';
import { loadSolver } from '../microgrid/solver.js';
import { type Controller, lead, setBatteries } from './controller.js';

/** Options of `lp`. */
export interface LpOptions {
  /** Weight of cost. Default 0.4, as in the paper. */
  readonly alpha?: number;
  /** η in the program, in (0, 1]; default each battery's best. */
  readonly efficiency?: number;
  /** What couples the buildings. Default nothing. */
  readonly coupling?: Coupling;
}

/**
 * Plays the dispatch that is optimal with perfect foresight under the program's model of batteries; a battery whose efficiency or power
 * depends on more may do less than was planned. It takes the npm package `highs`.
 * @throws Error where `highs` is not installed
 */
export async function lp(options: LpOptions = {}): Promise<Controller> {
  checkOptions<LpOptions>('lp', options, { alpha: 1, efficiency: 1, coupling: 1 });
  const solver = await loadSolver('lp');
  return {
    name: 'LP',
    bind: (environment) => {
      const { district, starts, physics, timing, unit } = environment;
      const buildings = district.buildings.length;
      const shift = lead(environment);
      return {
        start: (episode) => {
          const plan = solveDispatch(solver, district, {
            ...options,
            start: starts[episode]!,
            length: environment.length - 1 + shift,
            physics,
            idleFirst: timing === '2.2',
          });
          return { meter: plan.meter, hour: 0 };
        },
        act: (_observation, memory, action) => {
          const { meter, hour } = memory as { meter: Float64Array; hour: number };
          setBatteries(environment, action, (b) => meter[(hour + shift) * buildings + b]! / unit[b]!);
          (memory as { hour: number }).hour++;
        },
      };
    },
  };
}
