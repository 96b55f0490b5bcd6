import { stream } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';

import type { Examples } from './examples.js';
import { checkSizes, type Parts, type PartSizes } from './synthetic.js';

/** What `gaussProto` makes. */
export interface GaussProtoOptions extends PartSizes {
  /** Default 10. */
  readonly classes?: number;
  /** Prototypes of each class. Default 12. */
  readonly prototypes?: number;
  /** Dimension d. Default 64. */
  readonly dimension?: number;
  /** Standard deviation σ of the noise, ≥ 0. Default 1.1. */
  readonly noise?: number;
}

/**
 * Gaussian clouds around random prototypes: x = p + σ·N(0, I) with p one of the prototypes of its class, drawn from N(0, I)
 * in R^d. Example i is of class i mod `classes`; which prototype it belongs to is drawn. Defaults are those of the spec's
 * quick tier: 10 classes of 12 prototypes in R^64, σ = 1.1, 8,000 and 3,000 examples. A dense network classifies about
 * 94 % of the test examples.
 *
 * Example i is the same whatever the sizes: it depends on the seed, the part, i and what defines the clouds.
 * @throws RangeError for an option out of range
 */
export function gaussProto(options: GaussProtoOptions = {}): Parts {
  requireOptions<GaussProtoOptions>('gaussProto', options, { seed: 1, train: 1, test: 1, classes: 1, prototypes: 1, dimension: 1, noise: 1 }); // prettier-ignore
  const { seed = 0, train = 8000, test = 3000, classes = 10, prototypes = 12, dimension = 64, noise = 1.1 } = options;
  checkSizes('gaussProto', { train, test, classes, prototypes, dimension });
  if (!(noise >= 0 && noise < Infinity)) {
    throw new RangeError(`gaussProto: 'noise' is ${noise}; must be a finite number ≥ 0, a standard deviation.`);
  }
  const key = stream(seed, 'gauss-proto', classes, prototypes, dimension);
  const centres = key.at(0).fillNormal(new Float64Array(classes * prototypes * dimension));
  const around = new Float64Array(dimension);
  const part = (which: number, count: number): Examples => {
    const x = new Float32Array(count * dimension);
    const y = Uint8Array.from({ length: count }, (_, i) => i % classes);
    for (let i = 0; i < count; i++) {
      const draw = key.at(which, i);
      const centre = (y[i]! * prototypes + draw.integer(prototypes)) * dimension;
      draw.fillNormal(around);
      for (let j = 0; j < dimension; j++) x[i * dimension + j] = centres[centre + j]! + noise * around[j]!;
    }
    return { x, y, shape: [dimension], count, classes, title: 'gauss-proto' };
  };
  return { train: part(1, train), test: part(2, test) };
}
