/** A learned policy as a controller: the mean action, in every building the same policy or one each. */
import { invalid } from '@assay-ml/numerics/check';
import { type Controller, setBatteries } from '../controllers/controller.js';
import type { Environment } from '../microgrid/environment.js';
import { squashed } from './actor.js';
import { checkObservations, codeOf, writeFeatures } from './features.js';
import { forward, tapeFor } from './network.js';
import type { Policy } from './policy.js';

/**
 * The controller of a policy, greedy: it takes the mean of the Gaussian.
 * @param policies one for all buildings, or one a building
 * @throws RangeError when bound to an environment of other observations or another number of buildings
 */
export function learned(policies: Policy | readonly Policy[], name = 'learned'): Controller {
  return {
    name,
    bind: (environment: Environment) => {
      const n = environment.district.buildings.length;
      const of = Array.isArray(policies) ? (policies as readonly Policy[]) : Array<Policy>(n).fill(policies as Policy);
      if (of.length !== n) throw invalid('learned', 'policies.length', of.length, `${n}, one a building`);
      const parts = of.map((policy, b) => {
        checkObservations('learned', policy.observations, environment);
        const code = policy.encoding === null ? new Float64Array(0) : codeOf(policy.encoding, environment, b);
        return { policy, code, features: new Float64Array(policy.actor.network.inputs), tape: tapeFor(policy.actor.network, 1) }; // prettier-ignore
      });
      const means = new Float64Array(1);
      return {
        start: () => null,
        act: (observation, _memory, action) =>
          setBatteries(environment, action, (b) => {
            const { policy, code, features, tape } = parts[b]!;
            const { observations, actor, theta, filter } = policy;
            const from = environment.observationOffsets[b]!;
            writeFeatures(observation.subarray(from, from + observations.length), observations.length, filter, code, features); // prettier-ignore
            return squashed(actor, forward(actor.network, theta, features, tape), means)[0]!;
          }),
      };
    },
  };
}
