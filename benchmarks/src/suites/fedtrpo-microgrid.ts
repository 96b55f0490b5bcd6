/** Seventeen buildings of fedtrpo: their steps, their folder, their programs and their MPC. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as paper from '@assay-ml/fedtrpo';
import { stream } from '@assay-ml/numerics';
import type { Benchmark, Input, Peer } from '../benchmark.js';

const [BUILDINGS, HOURS] = [17, 24];
/** One battery for all, so that numpy may look all of them up in one curve. */
const BATTERY = {
  capacity: 6.4,
  nominal_power: 5,
  efficiency: 0.9,
  loss_coefficient: 0,
  capacity_loss_coefficient: 1e-5,
  power_efficiency_curve: [[0, 0.83], [0.3, 0.83], [0.7, 0.9], [0.8, 0.9], [1, 0.85]],
  capacity_power_curve: [[0, 1], [0.8, 1], [1, 0.2]],
}; // prettier-ignore
let files: Record<string, string> | null = null;
const texts = () => (files ??= paper.syntheticFolder({ seed: 1, buildings: BUILDINGS, battery: BATTERY }));

/** The folder on disk, for those who read it; gone with `free`. */
function folderOf(): { folder: string; free: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  for (const [name, text] of Object.entries(texts())) writeFileSync(join(folder, name), text);
  return { folder, free: () => rmSync(folder, { recursive: true }) };
}

/** Actions of a day, hour by hour. */
const DAY = Array.from({ length: HOURS }, (_, h) =>
  Float64Array.from({ length: BUILDINGS }, (__, b) => 2 * stream(1, 'bench', 'actions').at(h, b).uniform() - 1),
);
const flat = (rows: readonly Float64Array[]): Float64Array => Float64Array.from(rows.flatMap((row) => [...row]));
const actions: Input = { shape: [HOURS, BUILDINGS], values: flat(DAY) };

/** Steps of a year's episode, in the bits of CityLearn. */
function citylearn(name: string, observations: readonly string[] | undefined, goal: number, checksum: number): Benchmark {
  return {
    name,
    checksum,
    tolerance: 1e-6,
    per: { count: HOURS, unit: 'step' },
    peers: [{ name: 'CityLearn 3.0.2', runtime: 'torch-one', goal }],
    prepare() {
      const { folder, free } = folderOf();
      const district = paper.parseDistrict(texts());
      const made = () => new paper.Environment(district, { precision: 'citylearn', ...(observations && { observations }) }); // prettier-ignore
      const environment = made();
      const out = environment.allocate();
      const day = () => {
        for (const row of DAY) environment.step(row, out);
      };
      environment.reset({ starts: [0] }, out);
      return {
        inputs: { folder, actions },
        free,
        run() {
          if (environment.hour + HOURS >= environment.length) environment.reset({ starts: [0] }, out);
          day();
        },
        result() {
          environment.reset({ starts: [0] }, out);
          day();
          return out.info.soc;
        },
      };
    },
  };
} // prettier-ignore

/** A day of so many episodes side by side, without observations. */
function beside(episodes: number, goal: number, checksum: number): Benchmark {
  return {
    name: `a day of ${BUILDINGS} buildings, ${episodes} environment${episodes > 1 ? 's' : ''}`,
    checksum,
    per: { count: HOURS * episodes, unit: 'step' },
    peers: [{ name: 'numpy', runtime: 'python', goal }],
    prepare() {
      const district = paper.parseDistrict(texts());
      const starts = Float64Array.from({ length: episodes }, (_, e) => HOURS * e);
      const environment = new paper.Environment(district, { episodes, length: HOURS + 1, observations: [] });
      const out = environment.allocate();
      const all = DAY.map((row) => flat(Array<Float64Array>(episodes).fill(row)));
      const columns = (of: (own: paper.Series) => Float64Array): Input => ({ shape: [BUILDINGS, district.steps], values: flat(environment.series.map(of)) }); // prettier-ignore
      return {
        run() {
          environment.reset({ starts }, out);
          for (const row of all) environment.step(row, out);
        },
        result: () => Float64Array.of(...out.info.soc, ...out.info.net),
        inputs: {
          actions,
          starts: { shape: [episodes], values: starts },
          load: columns(({ load }) => load),
          pv: columns(({ pv }) => pv),
          price: columns(({ price }) => price),
          carbon: columns(({ carbon }) => carbon),
        },
      };
    },
  };
}

/** Reads the folder, and has a district. */
function reading(checksum: number): Benchmark {
  return {
    name: `reading ${BUILDINGS} buildings`,
    checksum,
    tolerance: 1e-6,
    per: { count: 1, unit: 'folder' },
    peers: [{ name: 'CityLearn 3.0.2', runtime: 'torch-one', goal: 1 }],
    prepare() {
      const { folder, free } = folderOf();
      let district: paper.District | null = null;
      return {
        inputs: { folder },
        free,
        async run() {
          district = await paper.loadDistrict(folder);
        },
        result: () => district!.buildings.map(({ columns }) => columns['non_shiftable_load']!.reduce((a, b) => a + b, 0)),
      };
    },
  };
} // prettier-ignore

/** The optimal dispatch, built and solved. */
function program(name: string, buildings: number, options: paper.DispatchOptions, peers: readonly Peer[], checksum: number): Benchmark {
  return {
    name,
    checksum,
    precision: 1e-7,
    tolerance: 1e-7,
    per: { count: 1, unit: 'program' },
    peers,
    prepare() {
      const all = paper.parseDistrict(texts());
      const district = { ...all, buildings: all.buildings.slice(0, buildings) };
      const [{ columns, pv }] = district.buildings as [paper.Building];
      const column = (values: Float64Array): Input => ({ shape: [values.length], values });
      let objective = 0;
      return {
        async run() {
          ({ objective } = await paper.dispatch(district, options));
        },
        result: () => [objective],
        inputs: {
          need: column(columns['non_shiftable_load']!.map((load, t) => load - (pv * columns['solar_generation']![t]!) / 1000)),
          price: column(columns['electricity_pricing']!),
          carbon: column(columns['carbon_intensity']!),
        },
      };
    },
  };
} // prettier-ignore

/** The first action of the next 24 hours of one building: with the program of the hour before, or a new one. */
function mpcHour(checksum: number): Benchmark {
  const hours = 8;
  return {
    name: 'MPC hour, 24 h ahead, one building',
    checksum,
    precision: 1e-7,
    per: { count: hours, unit: 'hour' },
    peers: [{ name: 'first solve of a fresh program', runtime: 'here', variant: 'fresh', otherResult: true, goal: 1 / 10 }], // prettier-ignore
    async prepare(variant) {
      const all = paper.parseDistrict(texts());
      const environment = new paper.Environment({ ...all, buildings: all.buildings.slice(0, 1) });
      const controller = await paper.mpc({ forecast: 'perfect' });
      const { observations } = environment.reset({ starts: [0] });
      const decided = new Float64Array(hours);
      const action = new Float64Array(1);
      let bound = controller.bind(environment);
      const play = (fresh: boolean) => {
        const memory = bound.start(0);
        for (let h = 0; h < hours; h++) {
          if (fresh) {
            bound.dispose?.();
            bound = controller.bind(environment);
          }
          bound.act(observations, memory, action);
          decided[h] = action[0]!;
        }
      };
      return { run: () => play(variant === 'fresh'), result: () => decided, free: () => bound.dispose?.() };
    },
  };
}

const together = { coupling: { peakPrice: 0.3 } };

export const microgrid: readonly Benchmark[] = [
  citylearn(`step of ${BUILDINGS} buildings, physics 3`, [], 1 / 10_000, 7.9696540407422445),
  citylearn(`step of ${BUILDINGS} buildings, physics 3, with observations`, undefined, 1 / 3000, 7.9696540407422445),
  beside(1, 1 / 50, 11.573229045504462),
  beside(64, 1 / 4, 767.0072298319993),
  reading(74892.56690463354),
  program(
    'year of one building, linear program',
    1,
    {},
    [{ name: 'scipy, HiGHS', runtime: 'python', goal: 3 }],
    206.3575225458313,
  ),
  program(`week of ${BUILDINGS} buildings, daily peaks, linear program`, BUILDINGS, { ...together, length: 168 }, [], 55.73233746126964), // prettier-ignore
  program(`month of ${BUILDINGS} buildings, daily peaks, linear program`, BUILDINGS, { ...together, length: 720 }, [], 220.08113562969163), // prettier-ignore
  mpcHour(0.041733663661821435),
];
