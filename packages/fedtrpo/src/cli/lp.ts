/** `fedtrpo lp`: the bound that no controller beats, and what a kWh is worth. */
import { dispatch } from '../microgrid/dispatch.js';
import { type CommonFlags, districtOf, rowsOf } from './district.js';
import type { Io } from './io.js';
import { table } from './text.js';

/** Flags of `lp`. */
export interface LpFlags extends CommonFlags {
  readonly alpha: number;
  readonly peakPrice?: number;
  readonly exportLimit?: number;
}

/** Runs the command. */
export async function lpCommand(folder: string, flags: LpFlags, io: Io): Promise<void> {
  const district = await districtOf(folder, flags, io);
  const { peakPrice, exportLimit, physics, alpha, start } = flags;
  const coupled = peakPrice !== undefined || exportLimit !== undefined;
  // The hours that `simulate` runs: in 3 the last one of an episode is not simulated.
  const length = rowsOf(district, flags) - (physics === '3' ? 1 : 0);
  const { objective, net, soc, loadPrice } = await dispatch(district, {
    alpha, physics, start, length, idleFirst: physics === '2.2',
    ...(coupled && { coupling: { ...(peakPrice !== undefined && { peakPrice }), ...(exportLimit !== undefined && { exportLimit }) } }),
  }); // prettier-ignore
  const buildings = district.buildings.length;
  const sum = (b: number, of: (value: number) => number) =>
    net.reduce((total, value, k) => (k % buildings === b ? total + of(value) : total), 0);
  const mean = (values: Float64Array, b: number) =>
    values.reduce((total, value, k) => (k % buildings === b ? total + value : total), 0) / length;
  io.stdout.write(`${length} hours; ${alpha} × cost + ${Number((1 - alpha).toFixed(6))} × emissions is at least ${objective.toPrecision(8)}\n\n`); // prettier-ignore
  io.stdout.write(
    table([
      ['', 'imported kWh', 'exported kWh', 'mean state of charge', 'mean price of a kWh of load'],
      ...district.buildings.map(({ name }, b) => [
        name,
        sum(b, (value) => Math.max(value, 0)).toFixed(2),
        sum(b, (value) => Math.max(-value, 0)).toFixed(2),
        mean(soc, b).toFixed(3),
        mean(loadPrice, b).toFixed(4),
      ]),
    ]),
  );
}
