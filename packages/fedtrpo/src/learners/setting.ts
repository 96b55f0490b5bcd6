/** What does not change while a training runs: its environments, its networks and where they compute. */
import { integer, requireKeys } from '@assay-ml/numerics/check';
import type { District } from '../microgrid/district.js';
import { Environment } from '../microgrid/environment.js';
import { weightedCostEmissions } from '../microgrid/rewards/weighted-cost-emissions.js';
import type { Actor } from './actor.js';
import { criticOf, type CriticOptions } from './critic.js';
import { checkObservations, codeOf, type Encoding, signatureOf } from './features.js';
import { mlp, type Network, type Tape, tapesOf } from './network.js';
import { actorFor, groupingOf, optionsOf, policyOf, type PolicyOptions } from './policy.js';
import { type TrainOptions, trainOptionsOf, type TrainSettings } from './train-options.js';

/** What does not change while a training runs. */
export interface Setting {
  readonly options: TrainSettings;
  readonly clients: readonly Client[];
  readonly observations: readonly string[];
  readonly encoding: Encoding | null;
  readonly policy: Required<PolicyOptions>;
  readonly critic: Required<CriticOptions>;
  readonly actor: Actor;
  readonly criticNetwork: Network;
  readonly actorTapes: (rows: number) => Tape;
  readonly criticTapes: (rows: number) => Tape;
}

/** A building that is trained on. */
interface Client {
  readonly environment: Environment;
  readonly code: Float64Array;
}

/**
 * Checks the options, and makes what does not change.
 * @throws RangeError for an option out of range
 */
export function settingOf(district: District, given: TrainOptions): Setting {
  requireKeys('train', 'district', district, ['buildings', 'steps', 'hours'], 'loadDistrict() reads one.');
  const n = integer('train', 'district.buildings.length', district.buildings.length, 1);
  const options = trainOptionsOf(given, n);
  const { initial, episodes, starts, environment } = options;
  const policy = policyOf(initial === null ? options.policy : optionsOf(initial), 'train');
  const critic = criticOf(options.critic, 'train');
  const environments = district.buildings.map((building, k) => new Environment({ ...district, buildings: [building] }, { length: 24, physics: '2.2', reward: weightedCostEmissions(), ...environment, episodes: episodes[k]!, starts })); // prettier-ignore
  const observations = environments[0]!.encoded[0]!.names;
  environments.forEach((own, k) => {
    checkObservations('train', initial?.observations ?? observations, own);
    const { names } = own.actionSpace(0);
    const { name, battery } = district.buildings[k]!;
    if (names.length !== 1 || own.batteryActions[0] !== 0) {
      throw new RangeError(`train: building '${name}' has ${battery ? 'a' : 'no'} battery and the actions [${names.join(', ')}]; must have one and electrical_storage alone. Leave out the others.`); // prettier-ignore
    }
  });
  const encoding: Encoding | null =
    initial !== null
      ? initial.encoding
      : policy.personal
        ? {
            buildings: district.buildings.map(({ name }) => name),
            unseen: policy.unseen,
            signatures: Float64Array.from(environments.flatMap((own) => [...signatureOf(own, 0)])),
          }
        : null;
  const clients = environments.map((own): Client => ({ environment: own, code: encoding === null ? new Float64Array(0) : codeOf(encoding, own, 0) })); // prettier-ignore
  const codes = encoding?.buildings.length ?? 0;
  const actor = actorFor(observations, codes, policy);
  const criticNetwork = mlp(actor.network.inputs, policy.hidden, 1, groupingOf(observations, codes, policy.groupWidth));
  return {
    options,
    clients,
    observations,
    encoding,
    policy,
    critic,
    actor,
    criticNetwork,
    actorTapes: tapesOf(actor.network),
    criticTapes: tapesOf(criticNetwork),
  };
}
