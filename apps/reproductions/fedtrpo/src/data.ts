/** Profiles that net-zero data are made from, and which days are trained and judged on. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type District, loadDistrict, netZero, type NetZero, syntheticDistrict } from '@assay-ml/fedtrpo';
import { stream } from '@assay-ml/numerics';

/** Made-up profiles, or those of CityLearn's 2022 challenge. */
export type Source = 'synthetic' | 'citylearn';

/** Where the 2022 data lie below `$ASSAY_DATA`. */
const FOLDERS = ['citylearn-2022', join('citylearn', 'citylearn_challenge_2022_phase_all')];

function folder(): string | null {
  const root = process.env['ASSAY_DATA'];
  if (!root) return null;
  return FOLDERS.map((name) => join(resolve(root), name)).find((path) => existsSync(join(path, 'schema.json'))) ?? null;
}

/** How to get the 2022 data, or null where they are. */
export const citylearnMissing = (): string | null =>
  folder() === null
    ? 'CityLearn’s 2022 data are not here. Take the folder citylearn_challenge_2022_phase_all from github.com/intelligent-environments-lab/CityLearn (MIT) and set ASSAY_DATA to the folder that holds it as citylearn-2022.'
    : null;

let profiles: Promise<District> | null = null;
const made = new Map<number, District>();

/** Real profiles are the same for every seed, synthetic ones are drawn. */
async function base(source: Source, seed: number, buildings: number): Promise<District> {
  if (source === 'citylearn') return (profiles ??= loadDistrict(folder()!));
  const key = 100 * seed + buildings;
  if (!made.has(key)) {
    made.clear();
    made.set(key, syntheticDistrict({ seed, buildings }));
  }
  return made.get(key)!;
}

/** The paper's data: buildings to train on, mixtures of them to evaluate on. */
export const data = async (source: Source, seed: number, buildings: number, shifted: boolean): Promise<NetZero> =>
  netZero(await base(source, seed, buildings), { seed, buildings, shifted });

/** Days of a year in an order of the seed: a permutation, of which parts never meet. */
export const daysOf = (seed: number): number[] => [
  ...stream(seed, 'days of the year').permutation(new Uint32Array(365)),
];

/** The days that the paper's code draws for its five seeds. */
const PAPER = [172, 37, 168, 362, 122];

/** The paper's protocol: one day, trained and judged on; beyond its seeds a day of the permutation. */
export const dayOf = (seed: number): number => PAPER[seed] ?? daysOf(seed)[0]!;

/** Row where a day starts. */
export const rowOf = (day: number): number => 24 * day;
