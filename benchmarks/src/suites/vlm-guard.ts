/** Areas under ROC curves, which every table of vlm-guard is made of. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as numerics from '@assay-ml/numerics';
import type { Benchmark } from '../benchmark.js';

/** Normal scores a standard deviation apart, rounded to hundredths: ties. */
const scores = (count: number, shift: number, name: string): Float64Array =>
  numerics
    .stream(1, 'benchmark', name)
    .fillNormal(new Float64Array(count))
    .map((x) => Math.round(100 * (x + shift)) / 100);

function auroc(count: number, checksum: number): Benchmark {
  return {
    name: `AUROC of ${count} + ${count} scores`,
    checksum,
    per: { count: 1, unit: 'area' },
    prepare() {
      const [clean, adversarial] = [scores(count, 1, 'clean'), scores(count, 0, 'adversarial')];
      let area = 0;
      return { run: () => void (area = numerics.auroc(clean, adversarial)), result: () => [area] };
    },
  };
}

function delong(count: number, checksum: number): Benchmark {
  return {
    name: `DeLong, 2 detectors, ${count} + ${count} scores`,
    checksum,
    per: { count: 1, unit: 'comparison' },
    prepare() {
      const [clean, adversarial] = ([[1, 'clean'], [0, 'adversarial']] as const).map(([shift, name]) => [scores(count, shift, name), scores(count, shift, `${name}, too`)]); // prettier-ignore
      let found: numerics.Delong | null = null;
      return {
        run: () => void (found = numerics.delong(clean!, adversarial!)),
        result: () => [...found!.values, ...found!.covariance],
      };
    },
  };
}

export const vlmGuard: readonly Benchmark[] = [auroc(100_000, 0.380982379075), delong(10_000, 1.2325081423339825)];
