/** The folder that a command works on. */
import type { Physics } from '../microgrid/battery.js';
import { type CityLearnDistrict, loadDistrict } from '../microgrid/schema.js';
import type { Io } from './io.js';

/** What all commands take. */
export interface CommonFlags {
  readonly physics: Physics;
  readonly buildings?: readonly string[];
  readonly ignoreUnsupported?: boolean;
  readonly start: number;
  readonly hours?: number;
}

/**
 * The district of a folder; what was left out is said.
 * @throws Error where the hours that are asked for are not there; what `loadDistrict` throws
 */
export async function districtOf(folder: string, flags: CommonFlags, io: Io): Promise<CityLearnDistrict> {
  const { buildings, ignoreUnsupported = false, start, hours } = flags;
  const district = await loadDistrict(folder, { ...(buildings && { buildings }), ignoreUnsupported });
  const left = district.steps - start;
  if (left < 2) throw new Error(`fedtrpo: '--start' is ${start}; must be at most ${district.steps - 2}, two rows before the end of the data.`); // prettier-ignore
  if (hours !== undefined && (hours < 2 || hours > left)) {
    throw new Error(
      `fedtrpo: '--hours' is ${hours}; must be from 2 to ${left}, the rows of the data from row ${start}.`,
    );
  }
  for (const what of district.ignored) io.stderr.write(`left out: ${what}\n`);
  return district;
}

/** Rows that are asked for, from `start`. */
export const rowsOf = ({ steps }: CityLearnDistrict, { start, hours }: CommonFlags): number => hours ?? steps - start;

/** Rows of a day. */
export const dayRows = ({ hours }: Pick<CityLearnDistrict, 'hours'>): number => Math.round(24 / hours);
