/** What distinguishes one method from another: plain data that the one training loop reads. */
import { atLeast, integer, oneOf, positive, requireOptions, requireText } from '@assay-ml/numerics/check';
import type { Layout } from './layout.js';

/** How a client's θ comes about. `given` stays what it is: π* and uniform routers. */
export type Routing = 'gradient' | 'losses' | 'em' | 'hard' | 'given';

/** A federated method. Its functions are in `methods/`, one a file. */
export interface Method {
  readonly name: string;
  /** A base with adaptors inside one forward pass, or C models whose outputs are mixed. */
  readonly family: 'adaptors' | 'ensemble';
  /** C; 0 for a base alone. */
  readonly clusters: number;
  readonly routing: Routing;
  /** What never leaves the client: names of base variables, or all of them; adaptors. */
  readonly privateBase: 'all' | readonly string[];
  readonly privateAdaptors: boolean;
  /** λ of ½λ‖w − w_broadcast‖² in every local step. */
  readonly proximal: number;
  /** Ditto's λ of a personal model beside the shared one; null: none. */
  readonly ditto: number | null;
  /** Groups that the server looks for among momenta of whole models; null: none. */
  readonly clustering: { readonly clusters: number; readonly momentum: number } | null;
  /** Adaptors and router in the first half of the local steps, the base in the second. */
  readonly alternate: boolean;
  /** Adaptors and models are averaged with p(k|c), or like the base with p(k). */
  readonly average: 'mixture' | 'examples';
}

/** What a method may differ in. */
const DIFFERENCES = {
  ...{ family: 1, clusters: 1, routing: 1, privateBase: 1, privateAdaptors: 1, proximal: 1, ditto: 1, alternate: 1 },
  ...{ clustering: 1, average: 1 },
};

/**
 * A method from what differs from FedAvg.
 * @throws TypeError for arguments of another kind; RangeError for a name that is no part of a method
 */
export function method(name: string, differs: Partial<Omit<Method, 'name'>> = {}): Method {
  requireOptions<Partial<Omit<Method, 'name'>>>('method', differs, DIFFERENCES, 'differs');
  requireText('method', 'name', name, 'Name it.');
  return {
    name,
    family: 'adaptors',
    clusters: 0,
    routing: 'given',
    privateBase: [],
    privateAdaptors: false,
    proximal: 0,
    ditto: null,
    clustering: null,
    alternate: false,
    average: 'mixture',
    ...differs,
  };
}

/** Whether a method has a router that may differ among clients. */
export const routes = ({ clusters }: Method): boolean => clusters > 1;

/** Which numbers of a base are private; null where none is. */
export function privateMask({ privateBase }: Method, layout: Layout): Uint8Array | null {
  if (privateBase === 'all') return new Uint8Array(layout.baseSize).fill(1);
  const blocks = layout.base.filter((block) => block.private || privateBase.includes(block.name));
  if (blocks.length === 0) return null;
  const mask = new Uint8Array(layout.baseSize);
  for (const { start, size } of blocks) mask.fill(1, start, start + size);
  return mask;
}

/** @throws RangeError unless the method fits the layout of the model. */
export function checkMethod(
  where: string,
  { family, clusters, privateBase, proximal, ditto }: Method,
  layout: Layout,
): void {
  // prettier-ignore
  if (family === 'adaptors' && clusters > 0 && layout.clusters !== clusters) {
    throw new RangeError(`${where}: the model has ${layout.clusters} clusters; must have the method's ${clusters}. Lay it out with as many.`); // prettier-ignore
  }
  if (family === 'ensemble' && privateBase.length > 0) throw new RangeError(`${where}: 'privateBase' is given with an ensemble; must be left out. Its models are shared whole.`); // prettier-ignore
  const own = layout.base.find((block) => block.private);
  if (family === 'ensemble' && own) throw new RangeError(`${where}: '${own.name}' stays with the client; must be shared in an ensemble. Its models are shared whole.`); // prettier-ignore
  if (family === 'ensemble') integer(where, 'clusters', clusters, 1, 'An ensemble has a model each.');
  atLeast(where, 'proximal', proximal, 0);
  if (ditto !== null) positive(where, 'ditto', ditto);
  if (privateBase === 'all') return;
  for (const name of privateBase)
    oneOf(
      where,
      'privateBase',
      name,
      layout.base.map((block) => block.name),
    );
}

/** How clients train. */
export interface TrainingOptions {
  /** η of the base. */
  readonly rate: number;
  /** Of the adaptors. Default: `rate`, as published. */
  readonly adaptorRate?: number;
  /** Of the router. Default 0.1, as published. */
  readonly routerRate?: number;
  /** Passes over a client's examples in a round. Default 1. */
  readonly epochs?: number;
  /** Examples of a step at most. Default 32. */
  readonly batch?: number;
  /** ε of the preconditioner; null: none. Default 1e-5. */
  readonly precondition?: number | null;
  /** Largest norm of the gradient of base and adaptors, after the preconditioner. Default null: any. */
  readonly clip?: number | null;
  /** Of base and adaptors; the router is always stepped by SGD. Default 'sgd', as published. */
  readonly optimizer?: 'sgd' | 'momentum' | 'adam';
  /** Moments of `momentum` and `adam` stay with the client between rounds. Default false: they start anew. */
  readonly keepMoments?: boolean;
  /** V stays as it is, as in FFA-LoRA: averages of U are then averages of products. Default false. */
  readonly freezeV?: boolean;
  /** Examples in an order drawn for each epoch. Default true; the authors' loaders do not: false. */
  readonly shuffle?: boolean;
  /** Routers stay with the clients. Default true; false: each round learns them from 0. */
  readonly stateful?: boolean;
  /** Of routing by loss. Defaults 0.2 and ½. */
  readonly lossRate?: number;
  readonly lossKeep?: number;
}

/** Checked options of a training. */
export type Training = Required<TrainingOptions>;

const NAMES = {
  ...{ rate: 1, adaptorRate: 1, routerRate: 1, epochs: 1, batch: 1, precondition: 1, clip: 1, optimizer: 1 },
  ...{ keepMoments: 1, freezeV: 1, shuffle: 1, stateful: 1, lossRate: 1, lossKeep: 1 },
};

/**
 * Options with their defaults.
 * @throws RangeError for one out of range
 */
export function trainingOf(options: TrainingOptions, where = 'training'): Training {
  requireOptions<TrainingOptions>(where, options, NAMES);
  const { rate, adaptorRate = rate, routerRate = 0.1, epochs = 1, batch = 32, precondition = 1e-5, clip = null } = options; // prettier-ignore
  const { optimizer = 'sgd', keepMoments = false, freezeV = false, shuffle = true, stateful = true } = options;
  const { lossRate = 0.2, lossKeep = 0.5 } = options;
  return {
    rate: atLeast(where, 'rate', rate, 0, 'It is η of the base; 0 leaves it as it is.'),
    adaptorRate: atLeast(where, 'adaptorRate', adaptorRate, 0),
    routerRate: atLeast(where, 'routerRate', routerRate, 0),
    epochs: integer(where, 'epochs', epochs, 1),
    batch: integer(where, 'batch', batch, 1),
    precondition: precondition === null ? null : positive(where, 'precondition', precondition, 'null for none.'),
    clip: clip === null ? null : positive(where, 'clip', clip, 'null for none.'),
    optimizer: oneOf(where, 'optimizer', optimizer, ['sgd', 'momentum', 'adam']),
    keepMoments,
    freezeV,
    shuffle,
    stateful,
    lossRate: positive(where, 'lossRate', lossRate),
    lossKeep: atLeast(where, 'lossKeep', lossKeep, 0),
  };
}
