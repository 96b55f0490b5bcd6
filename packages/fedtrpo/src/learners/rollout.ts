/** Episodes of one client under its policy, side by side. */
import { type Stream, stream } from '@assay-ml/numerics';
import type { Environment } from '../microgrid/environment.js';
import type { EnvironmentOptions } from '../microgrid/environment-options.js';
import { type Actor, logDensities, sample, squashed } from './actor.js';
import { type Filter, watch, writeFeatures } from './features.js';
import { forward, type Tape } from './network.js';
import { inReach, type Safety } from './safety.js';

/** What environments of training and evaluation have in common: all but episodes and starts. */
export type EpisodeOptions = Omit<EnvironmentOptions, 'episodes' | 'starts'>;

/** Rows of a client, trajectory after trajectory. */
export interface Collected {
  readonly rows: number;
  /** Of a trajectory. */
  readonly steps: number;
  readonly observations: Float64Array;
  readonly actions: Float64Array;
  readonly logDensities: Float64Array;
  readonly rewards: Float64Array;
  /** Part of the actions that were brought into reach. */
  readonly projected: number;
}

/** Days in an order that is drawn anew each time: a permutation, begun again where there are more episodes than days. */
export function drawStarts(starts: ArrayLike<number>, episodes: number, draw: Stream): Float64Array {
  const order = draw.permutation(new Uint32Array(starts.length));
  return Float64Array.from({ length: episodes }, (_, e) => starts[order[e % order.length]!]!);
}

/**
 * Plays an environment of one building from `reset` to its end.
 * @param starts rows where the episodes start
 * @param key of the exploration: the noise is of seed and key alone, never of the policy
 * @param filter takes what is observed into account before it is used; null: none
 */
export function rollout(
  environment: Environment,
  actor: Actor,
  theta: Float64Array,
  code: Float64Array,
  filter: Filter | null,
  starts: ArrayLike<number>,
  key: { readonly seed: number; readonly iteration: number; readonly client: number; readonly update: number },
  tapeOf: (rows: number) => Tape,
  safety: Safety,
): Collected {
  const { episodes } = environment;
  const steps = environment.length - 1;
  const rows = episodes * steps;
  const width = environment.observationOffsets.at(-1)!;
  const features = width + code.length;
  const out = environment.reset({ starts }, environment.allocate());
  const x = new Float64Array(episodes * features);
  const applied = new Float64Array(episodes);
  const collected = {
    observations: new Float64Array(rows * features),
    actions: new Float64Array(rows),
    logDensities: new Float64Array(rows),
    rewards: new Float64Array(rows),
  };
  const noise = stream(key.seed, 'exploration').at(key.iteration, key.client, key.update).fillNormal(new Float64Array(rows)); // prettier-ignore
  const density = new Float64Array(episodes);
  let changed = 0;
  for (let t = 0; t < steps; t++) {
    if (filter !== null) watch(filter, out.observations);
    writeFeatures(out.observations, width, filter, code, x);
    const means = forward(actor.network, theta, x, tapeOf(episodes));
    const u = noise.subarray(t * episodes, (t + 1) * episodes);
    sample(actor, theta, means, u);
    logDensities(actor, theta, means, u, density);
    squashed(actor, u, applied);
    if (safety === 'project') {
      for (let e = 0; e < episodes; e++) {
        const asked = applied[e]!;
        applied[e] = inReach(environment, 0, out.info.soc[e]!, asked);
        if (applied[e] !== asked) changed++;
      }
    }
    environment.step(applied, out);
    for (let e = 0, row = t; e < episodes; e++, row += steps) {
      collected.observations.set(x.subarray(e * features, (e + 1) * features), row * features);
      collected.actions[row] = u[e]!;
      collected.logDensities[row] = density[e]!;
      collected.rewards[row] = out.rewards[e]!;
    }
  }
  return { rows, steps, ...collected, projected: changed / rows };
}
