/**
 * The procedural world: ten shapes, a victim that was trained on a shortcut which neither generator nor encoders know, a generator
 * that draws the named shape anew, and seven encoders of their own.
 */
import { drawShape, type Examples, SHAPES, shapes } from '@assay-ml/datasets';
import {
  adam,
  evaluate,
  initialise,
  type Tower,
  tower,
  type TowerOptions,
  train,
  type Weights,
} from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { classifier, encoder, type Generator, type Images, type Scorer, type Victim, type WhiteBox, type WhiteEncoder } from '@assay-ml/vlm-guard'; // prettier-ignore

/** Sizes of a world. */
export interface WorldConfig {
  /** Rows and columns of the images: 24 in design B, 16 in design A. */
  readonly side: number;
  /** How much of the pattern of its class is added to each image that the victim sees. */
  readonly shortcut: number;
  /** Images to train each network on. */
  readonly train: number;
  readonly epochs: number;
  /** Of the seven encoders. */
  readonly encoders: number;
  /** Images that are attacked, and as many others as the thresholds are made of. */
  readonly test: number;
  readonly calibration: number;
}

/** A victim with whatever an attack or a detector may ask of it. */
type Classifier = Victim & WhiteBox & Scorer;

/** A world of a seed. */
export interface World {
  readonly side: number;
  readonly victim: Classifier;
  readonly accuracy: number;
  /** The victim's own last hidden layer. */
  readonly features: WhiteEncoder;
  readonly encoders: readonly WhiteEncoder[];
  readonly encoderAccuracies: readonly number[];
  /** Clean images, as the victim meets them, with their labels. */
  readonly test: Images;
  readonly labels: readonly number[];
  /** Further clean images. */
  readonly calibration: Images;
  /** What detectors that are trained on clean images are given. */
  readonly training: Images;
}

/** Widths and activations of the specification's encoders, which see images averaged over 3 × 3 pixels, as the victim does not. */
const ENCODERS = [
  { hidden: [64, 32], activation: 'relu' },
  { hidden: [96, 48], activation: 'relu' },
  { hidden: [48, 24], activation: 'tanh' },
  { hidden: [64, 32], activation: 'tanh' },
  { hidden: [80, 40], activation: 'relu' },
  { hidden: [64, 64], activation: 'tanh' },
  { hidden: [72, 20], activation: 'relu' },
] as const satisfies readonly Pick<TowerOptions, 'hidden' | 'activation'>[];

/** Standard deviation of the noise that the encoders of design B are trained with. */
const NOISE = 0.2;
/** Encoders of design B are trained on images of their own. */
const APART = 500_000;

/** Trains a world. In design A, without a shortcut, encoders are trained on the victim's images, at full resolution and without noise. */
export async function makeWorld(config: WorldConfig, seed: number, signal: AbortSignal): Promise<World> {
  const { side, shortcut, train: count, test, calibration } = config;
  const seen = shapes({ seed, side, shortcut, train: count, test: test + calibration });
  const own = shortcut > 0 ? shapes({ seed: seed + APART, side, train: count, test: 500 }) : seen;
  const inputs = [side, side, 1] as const;
  const classes = SHAPES.length;
  const network = tower({ inputs, hidden: [64, 32], classes });
  const trained = async (net: Tower, data: Examples, noise: number, k: number): Promise<Weights> => {
    const scratch = new Float64Array(side * side);
    const start = initialise(net, { seed: 100 * seed + k });
    const { weights } = await train(net, start, data, {
      ...{ epochs: config.epochs, batchSize: 50, optimiser: adam({ rate: 2e-3 }), seed: 100 * seed + k, signal },
      ...(noise > 0 && {
        augment: (example, out, _shape, key) => {
          key.fillNormal(scratch);
          for (let i = 0; i < out.length; i++) out[i] = example[i]! + noise * scratch[i]!;
        },
      }),
    });
    return weights;
  };
  const weights = await trained(network, seen.train, 0, 0);
  const encoders: WhiteEncoder[] = [];
  const encoderAccuracies: number[] = [];
  for (const [k, shape] of ENCODERS.slice(0, config.encoders).entries()) {
    const net = tower({ inputs, ...(shortcut > 0 && { pool: 3 }), ...shape, classes });
    const learnt = await trained(net, own.train, shortcut > 0 ? NOISE : 0, k + 1);
    encoders.push(remembering(encoder({ id: `encoder ${k + 1}`, network: net, weights: learnt })));
    encoderAccuracies.push((await evaluate(net, learnt, own.test)).accuracy);
  }
  const part = ({ x, y }: Examples, from: number, to: number) => ({
    images: { data: x.slice(from * side * side, to * side * side), shape: [to - from, side, side, 1] } as Images,
    labels: Array.from(y.subarray(from, to)),
  });
  const attacked = part(seen.test, 0, test);
  return {
    side,
    victim: classifier({ id: 'victim', network, weights, names: SHAPES }),
    accuracy: (await evaluate(network, weights, seen.test)).accuracy,
    features: encoder({ id: 'victim’s features', network, weights }),
    ...{ encoders, encoderAccuracies },
    ...{ test: attacked.images, labels: attacked.labels },
    calibration: part(seen.test, test, test + calibration).images,
    training: part(seen.train, 0, count).images,
  };
}

/** Embeds a batch once: the clean images go through every detector. */
function remembering(encoder: WhiteEncoder): WhiteEncoder {
  const known = new WeakMap<Images, Promise<Float32Array>>();
  return {
    ...encoder,
    embed(images, signal) {
      const z = known.get(images) ?? encoder.embed(images, signal);
      known.set(images, z);
      return z;
    },
  };
}

/** How the generator fails. */
interface Faults {
  /** Means of as many pixels in each direction stand for all of them. Default 1. */
  readonly block?: number;
  /** Standard deviation of each pixel. Default 0.03, that of the world. */
  readonly noise?: number;
  /** How often it draws another class. Default 0. */
  readonly wrong?: number;
}

/** A generator that draws the named shape with fresh size, place and brightness, and without any pattern. */
export function renderer(side: number, { block = 1, noise = 0.03, wrong = 0 }: Faults = {}): Generator {
  return {
    id: 'renderer',
    async generate(texts, { seed, index }) {
      const size = side * side;
      const data = new Float32Array(texts.length * size);
      const [key, errors] = [stream(seed, 'renderer'), stream(seed, 'renderer', 'errors')];
      texts.forEach((text, i) => {
        const named = SHAPES.indexOf(text as (typeof SHAPES)[number]);
        const error = errors.at(index, i);
        // The same images are wrong at every rate below.
        const label = error.uniform() < wrong ? (named + 1 + error.integer(SHAPES.length - 1)) % SHAPES.length : named;
        const image = drawShape(label, key.at(index, i), data.subarray(i * size, (i + 1) * size), { noise });
        if (block > 1) average(image, side, block);
      });
      return { data, shape: [texts.length, side, side, 1] };
    },
  };
}

function average(image: Float32Array, side: number, block: number): void {
  for (let top = 0; top < side; top += block) {
    for (let left = 0; left < side; left += block) {
      let [sum, count] = [0, 0];
      const each = (visit: (at: number) => void) => {
        for (let r = top; r < Math.min(side, top + block); r++) for (let c = left; c < Math.min(side, left + block); c++) visit(r * side + c); // prettier-ignore
      };
      each((at) => ((sum += image[at]!), count++));
      each((at) => (image[at] = sum / count));
    }
  }
}

/** Targets other than the labels. */
export function targetsOf(labels: readonly number[], seed: number): number[] {
  const draw = stream(seed, 'targets');
  return labels.map((label) => (label + 1 + draw.integer(SHAPES.length - 1)) % SHAPES.length);
}
