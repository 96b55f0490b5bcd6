/** What a controller expects of the hours to come. */
import type { Environment } from '../microgrid/environment.js';

/** What is to be forecast. */
export interface ForecastInput {
  readonly environment: Environment;
  readonly building: number;
  /** The last row of the data that has been shown. */
  readonly known: number;
  /** The first row to forecast: `known`, where the timing shows it before the action, or the next. */
  readonly first: number;
  /** Where load and generation of `first`, `first` + 1, … go, kWh; as many as the horizon has hours. */
  readonly load: Float64Array;
  readonly pv: Float64Array;
}

/** Writes expected load and generation. */
export type Forecast = (input: ForecastInput) => void;

/** What will be. */
const perfect: Forecast = ({ environment, building, first, load, pv }) => {
  const own = environment.series[building]!;
  for (let k = 0; k < load.length; k++) {
    load[k] = own.load[first + k] ?? 0;
    pv[k] = own.pv[first + k] ?? 0;
  }
};

/** Each hour is as the last one known at its time of the day, or where the data has none yet as the last known. */
const persistent: Forecast = ({ environment, building, known, first, load, pv }) => {
  const own = environment.series[building]!;
  const day = Math.round(24 / environment.district.hours);
  for (let k = 0; k < load.length; k++) {
    const ahead = first + k - known;
    const row = first + k - Math.ceil(Math.max(ahead, 0) / day) * day;
    load[k] = own.load[Math.max(row, 0)]!;
    pv[k] = own.pv[row >= 0 ? row : known]!;
  }
};

/** Horizons of the net-zero data's columns, hours. */
const HORIZONS = [4, 6, 12, 24];

/**
 * Load by the columns non_shiftable_load_predicted_4h, _6h, _12h and _24h of the row that is shown, with straight lines between them;
 * generation persistent.
 */
const columns: Forecast = (input) => {
  const { environment, building, known, first, load } = input;
  persistent(input);
  const own = environment.district.buildings[building]!.columns;
  const points = [
    [0, environment.series[building]!.load[known]!],
    ...HORIZONS.map((hours) => [hours, own[`non_shiftable_load_predicted_${hours}h`]![known]!]),
  ] as [number, number][];
  for (let k = 0; k < load.length; k++) {
    const ahead = first + k - known;
    const right = points.findIndex(([hours]) => hours >= ahead);
    if (right < 0) load[k] = points.at(-1)![1];
    else if (right === 0) load[k] = points[0]![1];
    else {
      const [[a, x], [b, y]] = [points[right - 1]!, points[right]!];
      load[k] = x + ((y - x) * (ahead - a)) / (b - a);
    }
  }
};

/** Forecasts by name. */
export const forecasts = { perfect, persistent, columns };

/** The columns that the forecast from columns needs. */
export const FORECAST_COLUMNS: readonly string[] = HORIZONS.map((hours) => `non_shiftable_load_predicted_${hours}h`);
