/** Policies as files: what `savePolicy` gives, and what it was trained on. */
import { readFile } from 'node:fs/promises';
import type { Json } from '@assay-ml/federated';

import { loadPolicy, type Policy, savePolicy } from '../learners/policy.js';
import type { Physics } from '../microgrid/battery.js';
import type { Building } from '../microgrid/district.js';
import type { Parts } from './parts.js';

/** A building by its name and its mean load, kWh: CityLearn's folders all name theirs Building_1, Building_2, … */
export interface Known {
  readonly name: string;
  readonly load: number;
}

/** How a policy of the command line was made. */
export interface Provenance {
  /** In words, as tables name it. */
  readonly name: string;
  readonly physics: Physics;
  readonly seed: number;
  readonly selectedOn: 'validation' | 'test' | null;
  readonly buildings: Parts<Known>;
  /** Rows where days start. */
  readonly days: Parts<number>;
}

/** A policy and, where the command line has written it, how it was made. */
export interface PolicyFile {
  readonly policy: Policy;
  readonly trained: Provenance | null;
}

/** What a policy remembers a building by. */
export const known = ({ name, columns }: Building): Known => {
  const load = columns['non_shiftable_load']!;
  return { name, load: load.reduce((sum, value) => sum + value, 0) / load.length };
};

/** The text of a policy's file. */
export const policyText = (policy: Policy, trained: Provenance): string =>
  `${JSON.stringify({ ...(savePolicy(policy) as Record<string, Json>), trained })}\n`;

/**
 * Reads what `policyText`, or `savePolicy` alone, has given.
 * @throws Error for a file that cannot be read or is no JSON; what `loadPolicy` throws
 */
export async function readPolicy(path: string): Promise<PolicyFile> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`fedtrpo: the policy '${path}' cannot be read (${cause.code}); must be a file of 'fedtrpo train'. Check the path.`, { cause }); // prettier-ignore
  });
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (cause) {
    throw new Error(`fedtrpo: the policy '${path}' is no JSON; must be a file of 'fedtrpo train', or what savePolicy gives.`, { cause }); // prettier-ignore
  }
  const { trained = null } = (json ?? {}) as { trained?: Provenance };
  return { policy: loadPolicy(json), trained };
}
