/** Two non-IID logistic regressions on real data (spec §6, standard tier). */
import { readFileSync } from 'node:fs';
import { downsample, examples, fashionMnist, type LabelledImages } from '@assay-ml/datasets';
import { stream } from '@assay-ml/numerics';
import { logistic, type LogisticFamily } from '@assay-ml/theory-sim';

/**
 * - 'shirts': Fashion-MNIST's T-shirts against shirts at 14 × 14, sorted by label in blocks over ten clients, so that nearly
 *   every client sees one class
 * - 'penguins': the sex of penguins from four measurements; each of three islands is a client, of its own size and species
 */
export type DataName = 'shirts' | 'penguins';

const CLIENTS = 10;
const PER_CLASS = 1000;
const LABELS = [0, 6] as const;
/** Weight of the ridge: data of one class have no minimum without it. */
const RIDGE = 1e-3;

let loading: Promise<LabelledImages> | null = null;

/** The problem; of the images the seed says which. */
export async function instance(name: DataName, seed: number): Promise<LogisticFamily> {
  if (name === 'penguins') return penguins();
  const images = await (loading ??= fashionMnist({ split: 'train' }));
  return shirts(images, seed);
}

function shirts(images: LabelledImages, seed: number): LogisticFamily {
  const key = stream(seed, 'l0l1', 'shirts');
  const chosen = LABELS.flatMap((label, k) => {
    const own = Array.from(images.labels.keys()).filter((i) => images.labels[i] === label);
    return Array.from(key.at(k).choice(own.length, new Uint32Array(PER_CLASS)), (i) => own[i]!);
  });
  const small = downsample(examples(images, chosen), 2);
  const pixels = small.x.length / small.count;
  const rows = Array.from({ length: small.count }, (_, i) => [...small.x.subarray(i * pixels, (i + 1) * pixels)]);
  return family(
    rows,
    Array.from(small.y, (label) => (label === LABELS[0] ? -1 : 1)),
    (i) => Math.floor((i * CLIENTS) / small.count),
  );
}

interface Penguin {
  readonly Island: string;
  readonly Sex: string | null;
  readonly [measurement: string]: number | string | null;
}

const MEASUREMENTS = ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'] as const;

function penguins(): LogisticFamily {
  const file = new URL('../data/penguins.json', import.meta.resolve('vega-datasets'));
  const all = JSON.parse(readFileSync(file, 'utf8')) as Penguin[];
  const whole = all.filter(
    ({ Sex, ...rest }) =>
      (Sex === 'MALE' || Sex === 'FEMALE') && MEASUREMENTS.every((m) => typeof rest[m] === 'number'),
  );
  const islands = [...new Set(whole.map(({ Island }) => Island))].sort();
  return family(
    whole.map((bird) => MEASUREMENTS.map((m) => bird[m] as number)),
    whole.map(({ Sex }) => (Sex === 'MALE' ? 1 : -1)),
    (i) => islands.indexOf(whole[i]!.Island),
  );
}

/** Columns less their mean over their deviation, then a constant 1. */
function family(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  clientOf: (row: number) => number,
): LogisticFamily {
  const width = rows[0]!.length;
  const mean = Array.from({ length: width }, (_, j) => rows.reduce((sum, row) => sum + row[j]! / rows.length, 0));
  const deviation = mean.map((m, j) => Math.sqrt(rows.reduce((sum, row) => sum + (row[j]! - m) ** 2 / rows.length, 0)));
  const features: number[][] = [];
  const signs: number[][] = [];
  rows.forEach((row, i) => {
    const client = clientOf(i);
    (features[client] ??= []).push(...row.map((v, j) => (deviation[j]! > 0 ? (v - mean[j]!) / deviation[j]! : 0)), 1);
    (signs[client] ??= []).push(labels[i]!);
  });
  return logistic({ d: width + 1, features, labels: signs, ridge: RIDGE });
}
