/**
 * Model predictive control: each hour the linear program of the next hours is solved with what is expected of them, and its first hour is
 * played. Prices and carbon intensity are known ahead, as tariffs are. One program a building is kept; from hour to hour only its
 * bounds and costs change, so that the solver starts where it ended. Hours after the end of an episode count nothing.
 */
import { integer, oneOf, options as checkOptions } from '@assay-ml/numerics/check';
import { columnOf, costOf, type Part, program, storeOf } from '../microgrid/dispatch.js';
import { column } from '../microgrid/district.js';
import { loadSolver, type Model, solve } from '../microgrid/solver.js';
import { type Clock, type Controller, lead, reader, setBatteries, shownRow } from './controller.js';
import { type Forecast, FORECAST_COLUMNS, forecasts } from './forecast.js';

/** Options of `mpc`. */
export interface MpcOptions {
  /** Hours that are planned. Default 24. */
  readonly horizon?: number;
  /** What is expected of them: by name, or a function. Default 'persistent', which needs no foresight. */
  readonly forecast?: keyof typeof forecasts | Forecast;
  /** Weight of cost. Default 0.4, as in the paper. */
  readonly alpha?: number;
  /** η in the program, in (0, 1]; default each battery's best. */
  readonly efficiency?: number;
}

/**
 * A receding horizon for each building. It takes the npm package `highs`, and the observation electrical_storage_soc. `dispose` of what is
 * bound gives the solver's memory back.
 * @throws Error where `highs` is not installed; RangeError for an option out of range
 */
export async function mpc(options: MpcOptions = {}): Promise<Controller> {
  checkOptions<MpcOptions>('mpc', options, { horizon: 1, forecast: 1, alpha: 1, efficiency: 1 });
  const { horizon = 24, forecast = 'persistent', alpha = 0.4, efficiency } = options;
  integer('mpc', 'horizon', horizon, 1);
  const expect = typeof forecast === 'function' ? forecast : forecasts[oneOf('mpc', 'forecast', forecast, ['perfect', 'persistent', 'columns'])]; // prettier-ignore
  const solver = await loadSolver('mpc');
  return {
    name: `MPC, ${typeof forecast === 'function' ? 'own' : forecast} forecast`,
    bind: (environment) => {
      const { district, series, physics, unit } = environment;
      const { buildings, hours } = district;
      const soc = reader('mpc', environment, 'electrical_storage_soc');
      if (forecast === 'columns') {
        for (const building of buildings) for (const name of FORECAST_COLUMNS) column('mpc', building, name);
      }
      const [load, pv, price, sell, carbon] = Array.from({ length: 5 }, () => new Float64Array(horizon)) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]; // prettier-ignore
      const models = new Map<number, Model>();
      const bounds = new Float64Array(horizon + 1);
      const costs = new Float64Array(2 * horizon);
      const partOf = (b: number, level: number, decays: boolean): Part => ({
        load,
        pv,
        price,
        sell: series[b]!.sell && sell,
        carbon,
        store: storeOf(buildings[b]!.battery, hours, level, physics, decays, efficiency),
      });
      const plan = (b: number, level: number, known: number, first: number, end: number, decays: boolean): number => {
        expect({ environment, building: b, known, first, load, pv });
        const own = series[b]!;
        for (let k = 0; k < horizon; k++) {
          const row = first + k;
          const inside = row < end;
          if (!inside) load[k] = pv[k] = 0;
          price[k] = inside ? own.price[row]! : 0;
          sell[k] = inside && own.sell ? own.sell[row]! : 0;
          carbon[k] = inside ? own.carbon[row]! : 0;
        }
        const part = partOf(b, level, decays);
        let model = models.get(b);
        if (model === undefined) {
          const coupling = { peakPrice: 0, peakWindow: 24, rampPrice: 0, exportLimit: Infinity };
          model = solver.createModel(program([part], horizon, { alpha }, coupling));
          model.options.set({ output_flag: false });
          models.set(b, model);
        } else {
          for (let k = 0; k < horizon; k++) {
            bounds[k] = load[k]! - pv[k]!;
            [costs[k], costs[horizon + k]] = costOf(part, alpha, k) as [number, number];
          }
          bounds[horizon] = part.store.initial;
          model.changeRowsBounds({ kind: 'range', from: 0, to: horizon }, bounds, bounds);
          model.changeColsCost({ kind: 'range', from: 0, to: 2 * horizon - 1 }, costs);
        }
        solve('mpc', model, 'Check the forecast, and keep selling prices below buying prices.');
        const { colValue } = model.getSolution();
        return colValue[columnOf(horizon, 0, 2, 0)]! - colValue[columnOf(horizon, 0, 3, 0)]!;
      };
      return {
        start: (episode): Clock => ({ episode, hour: 0 }),
        act: (observation, memory, action) => {
          const clock = memory as Clock;
          const known = shownRow(environment, clock);
          const first = known + lead(environment);
          const begin = environment.starts[clock.episode]!;
          const end = begin + environment.length - 1 + lead(environment);
          const decays = physics === '2.2' || first > begin;
          setBatteries(environment, action, (b) => plan(b, soc(observation, b), known, first, end, decays) / unit[b]!);
        },
        dispose: () => {
          for (const model of models.values()) model.dispose();
          models.clear();
        },
      };
    },
  };
}
