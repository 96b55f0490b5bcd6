/** What electricity costs: prices by time of use, a feed-in price, a limit of exports, a charge for the highest import. */
import { atLeast, invalid, options as checkOptions, requireKeys, requireList } from '@assay-ml/numerics/check';
import { column, type District } from './district.js';

/** A tariff. Prices are in whatever currency, per kWh and per kW. */
export interface Tariff {
  /** Price of an imported kWh by hour of the day, 24 of them from midnight; default that of the data. */
  readonly timeOfUse?: ArrayLike<number>;
  /** Price of an exported kWh; default 0. */
  readonly feedIn?: number;
  /** Exports above it are curtailed, kW; default Infinity. */
  readonly exportLimit?: number;
  /** Price of the highest import of each window, per kW; default 0. */
  readonly demandCharge?: number;
  /** Steps of such a window; default 730, a month as CityLearn has it. */
  readonly demandWindow?: number;
}

const NAMES: Readonly<Record<keyof Tariff, unknown>> = { timeOfUse: 1, feedIn: 1, exportLimit: 1, demandCharge: 1, demandWindow: 1 }; // prettier-ignore

/** What a net series costs. */
export interface Bill {
  /** Σ imports × price. */
  readonly energy: number;
  /** Σ exports within the limit × feed-in price. */
  readonly income: number;
  /** Charge for the highest imports. */
  readonly demand: number;
  /** Exports above the limit, kWh. */
  readonly curtailed: number;
  /** energy − income + demand. */
  readonly total: number;
}

/**
 * The bill of a meter.
 * @param net kWh a step, imports above 0
 * @param price of an imported kWh, a value a step
 * @param hours length of a step; default 1
 * @throws TypeError for arguments of another kind; RangeError for prices of another length, a limit or a window out of range
 */
export function bill(net: ArrayLike<number>, price: ArrayLike<number>, tariff: Tariff = {}, hours = 1): Bill {
  requireList('bill', 'net', net, 'Give the net consumption by step.');
  requireList('bill', 'price', price, 'Give the price by step.');
  checkTariff('bill', tariff);
  const { feedIn = 0, exportLimit = Infinity, demandCharge = 0, demandWindow = 730 } = tariff;
  if (price.length !== net.length) throw invalid('bill', 'price', price, `an array of ${net.length}, as the net`);
  let [energy, income, demand, curtailed, highest] = [0, 0, 0, 0, 0];
  for (let t = 0; t < net.length; t++) {
    const imported = Math.max(net[t]!, 0);
    const exported = Math.max(-net[t]!, 0);
    const sold = Math.min(exported, exportLimit * hours);
    energy += imported * price[t]!;
    income += sold * feedIn;
    curtailed += exported - sold;
    highest = Math.max(highest, imported / hours);
    if ((t + 1) % demandWindow === 0 || t + 1 === net.length) {
      demand += highest * demandCharge;
      highest = 0;
    }
  }
  return { energy, income, demand, curtailed, total: energy - income + demand };
}

/**
 * The district under a tariff: its import prices in the column electricity_pricing, its feed-in price in selling_pricing.
 * @throws TypeError for arguments of another kind; RangeError for prices that are not 24 finite numbers, a building without the column hour where they depend on it
 */
export function withTariff(district: District, tariff: Tariff): District {
  requireKeys('withTariff', 'district', district, ['buildings', 'steps', 'hours'], 'loadDistrict() reads one.');
  checkTariff('withTariff', tariff);
  const { timeOfUse, feedIn = 0 } = tariff;
  return {
    ...district,
    buildings: district.buildings.map((building) => ({
      ...building,
      columns: {
        ...building.columns,
        selling_pricing: new Float64Array(district.steps).fill(feedIn),
        ...(timeOfUse && {
          electricity_pricing: column('withTariff', building, 'hour').map((hour) => timeOfUse[Math.floor(hour) % 24]!),
        }),
      },
    })),
  };
}

/** @throws RangeError for what is out of range */
function checkTariff(where: string, tariff: Tariff): void {
  checkOptions(where, tariff, NAMES);
  const { timeOfUse, feedIn = 0, exportLimit = Infinity, demandCharge = 0, demandWindow = 730 } = tariff;
  if (timeOfUse && (timeOfUse.length !== 24 || !Array.from(timeOfUse).every(Number.isFinite))) {
    throw invalid(where, 'timeOfUse', timeOfUse, '24 finite numbers, from midnight');
  }
  if (!Number.isFinite(feedIn)) throw invalid(where, 'feedIn', feedIn, 'finite');
  if (!(exportLimit >= 0)) throw invalid(where, 'exportLimit', exportLimit, 'at least 0');
  atLeast(where, 'demandCharge', demandCharge, 0);
  if (!(Number.isSafeInteger(demandWindow) && demandWindow >= 1)) throw invalid(where, 'demandWindow', demandWindow, 'an integer of at least 1'); // prettier-ignore
}
