/**
 * The cheapest dispatch of batteries as a linear program. Of each building and hour: import i, export x, charge c and discharge d at the
 * meter, store s, all ≥ 0:
 *
 *   i − x − c + d = load − pv
 *   s_h = (1 − λ)·s_{h−1} + √η·c − d/√η, (1 − dod)·C ≤ s ≤ C, c, d ≤ P
 *   min Σ α(price·i − sell·x) + (1 − α)·carbon·i, and what couples the buildings
 *
 * A battery whose η depends on its power is not linear. With η the best of its curve, its power limit the best of that curve and no ageing, all
 * that a battery can do the program can do, so that its optimum is a lower bound of the objective of every controller.
 */
import { atLeast, invalid, options as checkOptions, requireKeys } from '@assay-ml/numerics/check';
import type { Battery, Physics } from './battery.js';
import type { Curve } from './curve.js';
import { column, type District } from './district.js';
import { pvGeneration } from './pv.js';
import { addRow, loadSolver, type Model, type ModelData, modelData, noRows, solve, type Solver } from './solver.js'; // prettier-ignore

/** What ties the buildings of a district together. */
export interface Coupling {
  /** Price of the highest import of the district in each window, per kWh of a step. Default 0. */
  readonly peakPrice?: number;
  /** Steps of a window. Default 24. */
  readonly peakWindow?: number;
  /** Price of each kWh by which the district's net rises from step to step. Default 0. */
  readonly rampPrice?: number;
  /** Most the district may export in a step, kWh. Default Infinity. */
  readonly exportLimit?: number;
}

/** Options of `dispatch`. */
export interface DispatchOptions {
  /** First row of the data. Default 0. */
  readonly start?: number;
  /** Rows. Default to the end of the data. */
  readonly length?: number;
  /** Weight of cost; 1 − alpha is that of emissions. In [0, 1]; default 0.4, as in the paper. */
  readonly alpha?: number;
  /** η of all batteries, in (0, 1]; default each one's best. */
  readonly efficiency?: number;
  /** States of charge before the first row, a building each. Default the batteries' own. */
  readonly initialSoc?: ArrayLike<number>;
  /** Least state of charge after the last row, in [0, 1]. Default 0. */
  readonly finalSoc?: number;
  /** Most a building may export in a step, kWh. Default Infinity. */
  readonly exportLimit?: number;
  /** Release of CityLearn, whose standby loss comes before each step but the first in '3'. Default '3'. */
  readonly physics?: Physics;
  /** Whether batteries stand still in the first row, as where the timing is '2.2'. Default false. */
  readonly idleFirst?: boolean;
  /** Default none: each building is solved for itself. */
  readonly coupling?: Coupling;
}

const NAMES: Readonly<Record<keyof DispatchOptions, unknown>> = {
  start: 1, length: 1, alpha: 1, efficiency: 1, initialSoc: 1, finalSoc: 1, exportLimit: 1, physics: 1, idleFirst: 1, coupling: 1,
}; // prettier-ignore

/** An optimal dispatch; arrays are [hour × building]. */
export interface Dispatch {
  /** α·cost + (1 − α)·emissions of all buildings, and what the coupling costs. */
  readonly objective: number;
  /** Whether the objective bounds that of every controller from below, which it does with each battery's best efficiency. */
  readonly bound: boolean;
  readonly net: Float64Array;
  /** Energy at the batteries' meters, kWh. */
  readonly meter: Float64Array;
  /** State of charge after each hour. */
  readonly soc: Float64Array;
  /** Dual price of load: by how much the objective grows with a kWh more of it. */
  readonly loadPrice: Float64Array;
  /** Dual price of the store: what a kWh more in it, after the hour, would save. */
  readonly storePrice: Float64Array;
}

/** Columns of a building: H each of import, export, charge, discharge and store. */
const VARIABLES = 5;

/**
 * Solves for the dispatch of a district with perfect foresight. It takes the npm package `highs`.
 * @throws TypeError for arguments of another kind; Error where `highs` is not installed; RangeError for an option out of range or where there is no optimum
 */
export async function dispatch(district: District, options: DispatchOptions = {}): Promise<Dispatch> {
  requireKeys('dispatch', 'district', district, ['buildings', 'steps', 'hours'], 'loadDistrict() reads one.');
  const solver = await loadSolver('dispatch');
  return solveDispatch(solver, district, options);
}

/** `dispatch` with the solver at hand. */
export function solveDispatch(solver: Solver, district: District, options: DispatchOptions): Dispatch {
  checkOptions('dispatch', options, NAMES);
  const { coupling } = options;
  if (coupling !== undefined) return solveTogether(solver, district, options, coupling);
  const { initialSoc } = options;
  const parts = district.buildings.map((building, b) =>
    solveTogether(
      solver,
      { ...district, buildings: [building] },
      { ...options, ...(initialSoc && { initialSoc: [initialSoc[b]!] }) },
      {},
    ),
  );
  const join = (of: (part: Dispatch) => Float64Array) => {
    const out = new Float64Array(of(parts[0]!).length * parts.length);
    parts.forEach((part, b) => of(part).forEach((value, h) => (out[h * parts.length + b] = value)));
    return out;
  };
  return {
    objective: parts.reduce((sum, { objective }) => sum + objective, 0),
    bound: parts[0]!.bound,
    net: join(({ net }) => net),
    meter: join(({ meter }) => meter),
    soc: join(({ soc }) => soc),
    loadPrice: join(({ loadPrice }) => loadPrice),
    storePrice: join(({ storePrice }) => storePrice),
  };
}

/** What the program is made of, a building each. */
export interface Part {
  readonly load: Float64Array;
  readonly pv: Float64Array;
  readonly price: Float64Array;
  /** Null where exports earn nothing. */
  readonly sell: Float64Array | null;
  readonly carbon: Float64Array;
  readonly store: Store;
}

/** A battery as the program knows it, kWh a step. */
export interface Store {
  readonly capacity: number;
  readonly least: number;
  readonly power: number;
  readonly rho: number;
  /** Part of the store that is left of it an hour later. */
  readonly kept: number;
  /** In the store when the first hour begins. */
  readonly initial: number;
}

/** Where a variable stands: 0 import, 1 export, 2 charge, 3 discharge, 4 store. */
export const columnOf = (H: number, building: number, variable: number, hour: number): number =>
  (building * VARIABLES + variable) * H + hour;

/** Costs of imports and exports of a building's hour. */
export const costOf = (part: Part, alpha: number, hour: number): readonly [number, number] => [
  alpha * part.price[hour]! + (1 - alpha) * part.carbon[hour]!,
  part.sell ? -alpha * part.sell[hour]! : 0,
];

/**
 * The program of H hours. Its rows are, of each building, H balances, then H stores; then what couples them.
 */
export function program(
  parts: readonly Part[],
  H: number,
  options: DispatchOptions,
  coupling: Required<Coupling>,
): ModelData {
  const { alpha = 0.4, finalSoc = 0, exportLimit: own = Infinity, idleFirst = false } = options;
  const { peakPrice, peakWindow, rampPrice, exportLimit } = coupling;
  const windows = peakPrice > 0 ? Math.ceil(H / peakWindow) : 0;
  const ramps = rampPrice > 0 ? H - 1 : 0;
  const peakAt = VARIABLES * H * parts.length;
  const rampAt = peakAt + windows;
  const cost = new Float64Array(rampAt + ramps);
  const lower = new Float64Array(rampAt + ramps);
  const upper = new Float64Array(rampAt + ramps).fill(Infinity);
  const rows = noRows();
  parts.forEach((part, b) => {
    const { capacity, least, power, rho, kept, initial } = part.store;
    const at = (variable: number, h: number) => columnOf(H, b, variable, h);
    for (let h = 0; h < H; h++) {
      [cost[at(0, h)], cost[at(1, h)]] = costOf(part, alpha, h);
      upper[at(1, h)] = own;
      upper[at(2, h)] = upper[at(3, h)] = idleFirst && h === 0 ? 0 : power;
      lower[at(4, h)] = h === H - 1 ? Math.max(least, finalSoc * capacity) : least;
      upper[at(4, h)] = capacity;
      const needed = part.load[h]! - part.pv[h]!;
      addRow(rows, [[at(0, h), 1], [at(1, h), -1], [at(2, h), -1], [at(3, h), 1]], needed, needed); // prettier-ignore
    }
    for (let h = 0; h < H; h++) {
      const entries: [number, number][] = [[at(4, h), 1], [at(2, h), -rho], [at(3, h), 1 / rho]]; // prettier-ignore
      if (h > 0) entries.push([at(4, h - 1), -kept]);
      const carried = h > 0 ? 0 : initial;
      // At its floor the store loses nothing: CityLearn clips it there.
      addRow(rows, entries, carried, carried + (h > 0 ? least * (1 - kept) : 0));
    }
  });
  const net = (h: number, sign: number): [number, number][] =>
    parts.flatMap((_, b): [number, number][] => [[columnOf(H, b, 0, h), sign], [columnOf(H, b, 1, h), -sign]]); // prettier-ignore
  for (let h = 0; h < H; h++) {
    if (windows > 0) addRow(rows, [...net(h, 1), [peakAt + Math.floor(h / peakWindow), -1]], -Infinity, 0);
    if (exportLimit < Infinity) addRow(rows, net(h, 1), -exportLimit, Infinity);
    if (ramps > 0 && h > 0) addRow(rows, [...net(h, 1), ...net(h - 1, -1), [rampAt + h - 1, -1]], -Infinity, 0);
  }
  cost.fill(peakPrice, peakAt, rampAt);
  cost.fill(rampPrice, rampAt);
  return modelData(cost, lower, upper, rows);
}

/** All buildings in one program. */
function solveTogether(solver: Solver, district: District, options: DispatchOptions, coupling: Coupling): Dispatch {
  const { length: H, parts } = partsOf(district, options);
  const model = solver.createModel(program(parts, H, options, checkCoupling(coupling)));
  try {
    model.options.set({ output_flag: false });
    solve('dispatch', model, 'Raise export limits, lower finalSoc, or keep selling prices below buying prices.');
    return read(model, parts, H, options.efficiency === undefined);
  } finally {
    model.dispose();
  }
}

function read(model: Model, parts: readonly Part[], H: number, bound: boolean): Dispatch {
  const { colValue, rowDual } = model.getSolution();
  const B = parts.length;
  const filled = (of: (b: number, h: number) => number) =>
    Float64Array.from({ length: H * B }, (_, k) => of(k % B, Math.floor(k / B)));
  const value = (b: number, variable: number, h: number) => colValue[columnOf(H, b, variable, h)]!;
  return {
    objective: model.getObjectiveValue(),
    bound,
    meter: filled((b, h) => value(b, 2, h) - value(b, 3, h)),
    net: filled((b, h) => value(b, 0, h) - value(b, 1, h)),
    soc: filled((b, h) => (parts[b]!.store.capacity === 0 ? 0 : value(b, 4, h) / parts[b]!.store.capacity)),
    loadPrice: filled((b, h) => rowDual[2 * b * H + h]!),
    // A kWh more in the store is a right-hand side one higher.
    storePrice: filled((b, h) => 0 - rowDual[(2 * b + 1) * H + h]!),
  };
}

/** Checked options, and each building's numbers. */
function partsOf(district: District, options: DispatchOptions): { length: number; parts: readonly Part[] } {
  const { start = 0, length = district.steps - start, alpha = 0.4, efficiency, initialSoc, finalSoc = 0 } = options;
  const { exportLimit = Infinity, physics = '3', idleFirst = false } = options;
  if (!(
    Number.isSafeInteger(start) &&
    start >= 0 &&
    Number.isSafeInteger(length) &&
    length >= 1 &&
    start + length <= district.steps
  )) {
    // prettier-ignore
    throw invalid('dispatch', 'start', start, `a row with length = ${length} rows within the ${district.steps} of the data`); // prettier-ignore
  }
  if (!(alpha >= 0 && alpha <= 1)) throw invalid('dispatch', 'alpha', alpha, 'from 0 to 1');
  if (efficiency !== undefined && !(efficiency > 0 && efficiency <= 1)) throw invalid('dispatch', 'efficiency', efficiency, 'above 0, to 1'); // prettier-ignore
  if (!(finalSoc >= 0 && finalSoc <= 1)) throw invalid('dispatch', 'finalSoc', finalSoc, 'from 0 to 1');
  if (!(exportLimit >= 0)) throw invalid('dispatch', 'exportLimit', exportLimit, 'at least 0');
  const parts = district.buildings.map((building, b): Part => {
    const window = (name: string) => column('dispatch', building, name).subarray(start, start + length);
    const { battery } = building;
    const soc = initialSoc?.[b] ?? battery?.initialSoc ?? 0;
    if (!(soc >= 0 && soc <= 1)) throw invalid('dispatch', `initialSoc[${b}]`, soc, 'from 0 to 1');
    const sell = building.columns['selling_pricing'] ? window('selling_pricing') : null;
    return {
      load: window('non_shiftable_load'),
      pv: pvGeneration(window('solar_generation'), building.pv, district.hours, 'float64'),
      price: window('electricity_pricing'),
      sell,
      carbon: window('carbon_intensity'),
      store: storeOf(battery, district.hours, soc, physics, !idleFirst && physics === '2.2', efficiency),
    };
  });
  return { length, parts };
}

/**
 * A battery as the program knows it. In 2.2 losses take a store below its floor, which therefore is none.
 * @param soc state of charge after the hour before
 * @param decays whether the standby loss comes before the first hour
 */
export function storeOf(
  battery: Battery | null,
  hours: number,
  soc: number,
  physics: Physics,
  decays: boolean,
  efficiency?: number,
): Store {
  if (battery === null) return { capacity: 0, least: 0, power: 0, rho: 1, kept: 1, initial: 0 };
  const { capacity, nominalPower, depthOfDischarge, lossCoefficient } = battery;
  const least = physics === '3' ? (1 - depthOfDischarge) * capacity : 0;
  const kept = 1 - lossCoefficient * hours;
  return {
    capacity,
    least,
    power: nominalPower * hours * best(battery.capacityPowerCurve),
    rho: Math.sqrt(efficiency ?? Math.min(best(battery.powerEfficiencyCurve), 1)),
    kept,
    initial: Math.max(soc * capacity * (decays ? kept : 1), least),
  };
}

const best = ({ y }: Curve): number => y.reduce((a, b) => Math.max(a, b));

function checkCoupling(coupling: Coupling): Required<Coupling> {
  checkOptions<Coupling>('dispatch', coupling, { peakPrice: 1, peakWindow: 1, rampPrice: 1, exportLimit: 1 });
  const { peakPrice = 0, peakWindow = 24, rampPrice = 0, exportLimit = Infinity } = coupling;
  atLeast('dispatch', 'peakPrice', peakPrice, 0);
  atLeast('dispatch', 'rampPrice', rampPrice, 0);
  if (!(Number.isSafeInteger(peakWindow) && peakWindow >= 1)) throw invalid('dispatch', 'peakWindow', peakWindow, 'an integer of at least 1'); // prettier-ignore
  if (!(exportLimit >= 0)) throw invalid('dispatch', 'coupling.exportLimit', exportLimit, 'at least 0');
  return { peakPrice, peakWindow, rampPrice, exportLimit };
}
