/** Profiles that net-zero data are made from, and which days are trained and judged on. */
import { cityLearn2022, howToGet, locate } from '@assay-ml/datasets';
import { type District, netZero, type NetZero, parseDistrict, syntheticDistrict } from '@assay-ml/fedtrpo';
import { stream } from '@assay-ml/numerics';

/** Made-up profiles, or those of CityLearn's 2022 challenge. */
export type Source = 'synthetic' | 'citylearn';

/** How to get the 2022 data, or null where they are. */
export const citylearnMissing = (): string | null =>
  locate('citylearn-2022') === null ? howToGet('citylearn-2022') : null;

let read: Promise<District> | null = null;

/** The 2022 data as they are, 17 buildings. */
export const profiles = (): Promise<District> => (read ??= cityLearn2022().then((files) => parseDistrict(files)));

const made = new Map<number, District>();
/** Synthetic districts that are kept: seeds take turns within a configuration. */
const KEPT = 4;

/** Real profiles are the same for every seed, synthetic ones are drawn. */
async function base(source: Source, seed: number, buildings: number): Promise<District> {
  if (source === 'citylearn') return profiles();
  const key = 100 * seed + buildings;
  if (!made.has(key)) {
    if (made.size === KEPT) made.delete(made.keys().next().value!);
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
