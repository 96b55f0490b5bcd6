import { scalar } from '@assay-ml/numerics';
import { invalid, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images } from '../images.js';
import type { Scorer, Victim } from '../models.js';
import { type Rival, rowOf, softmax } from './rival.js';

/** An autoencoder that was trained on clean images, or anything else that makes images as clean ones are. */
export type Reconstruct = (images: Images, signal?: AbortSignal) => Promise<Images>;

/** Options of {@link magNet}. */
export interface MagNetOptions {
  readonly reconstruct: Reconstruct;
  /** ‖x − AE(x)‖₁ or ‖·‖₂ by the pixel, or the divergence of the victim's answers. */
  readonly detector: 'l1' | 'l2' | 'jsd';
  /** Of `jsd`. */
  readonly victim?: Scorer & { readonly classes: number };
  /** Of `jsd`: what logits are divided by. Default 10; the authors take 10 and 40. */
  readonly temperature?: number;
}

/**
 * MagNet's detectors (Meng and Chen, CCS 2017): an attacked image is farther from its reconstruction, or so is its answer, by the
 * divergence of Jensen and Shannon.
 * @throws RangeError for an option out of range; when it scores, for images outside [0, 1]
 */
export function magNet(options: MagNetOptions): Rival {
  requireOptions<MagNetOptions>('magNet', options, { reconstruct: 1, detector: 1, victim: 1, temperature: 1 });
  const { reconstruct, detector, victim, temperature = 10 } = options;
  oneOf('magNet', 'detector', detector, ['l1', 'l2', 'jsd']);
  positive('magNet', 'temperature', temperature, 'Leave it out for 10.');
  if (detector === 'jsd' && victim === undefined) throw invalid('magNet', 'victim', victim, "a victim with 'jsd'", 'Its answers are compared.'); // prettier-ignore
  return {
    name: detector === 'jsd' ? `MagNet, JSD ${temperature}` : `MagNet, ${detector}`,
    async score(images, signal) {
      checkImages('magNet', images);
      const [count] = images.shape;
      const other = await reconstruct(images, signal);
      const size = images.data.length / count;
      if (other.data.length !== images.data.length) throw invalid('magNet', 'the shape of what reconstruct gave', other.shape, `that of the images, [${images.shape.join(', ')}]`); // prettier-ignore
      if (detector === 'jsd') {
        const { classes } = victim!;
        const [p, q] = [await victim!.scores(images, signal), await victim!.scores(other, signal)].map((z) => z.map((value) => value / temperature)); // prettier-ignore
        return Float64Array.from({ length: count }, (_, i) => -divergence(softmax(rowOf(p!, classes, i)), softmax(rowOf(q!, classes, i)))); // prettier-ignore
      }
      return Float64Array.from({ length: count }, (_, i) => {
        let sum = 0;
        for (let k = i * size; k < (i + 1) * size; k++) {
          const change = Math.abs(images.data[k]! - other.data[k]!);
          sum += detector === 'l1' ? change : change * change;
        }
        return -(detector === 'l1' ? sum / size : Math.sqrt(sum / size));
      });
    },
  };
}

/** MagNet's reformer: the victim sees the reconstruction. */
export function reformed(victim: Victim, reconstruct: Reconstruct): Victim {
  return {
    id: `${victim.id}, reformed`,
    describe: async (images, prompt, signal) => victim.describe(await reconstruct(images, signal), prompt, signal),
  };
}

/** ½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q)/2, in nats: from 0 to log 2. */
function divergence(p: Float32Array, q: Float32Array): number {
  let sum = 0;
  p.forEach((a, k) => {
    const b = q[k]!;
    const m = (a + b) / 2;
    if (a > 0) sum += (a * scalar.log(a / m)) / 2;
    if (b > 0) sum += (b * scalar.log(b / m)) / 2;
  });
  return sum;
}
