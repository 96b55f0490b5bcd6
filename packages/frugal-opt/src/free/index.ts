/** The state-free rules by name. */
import { oneOf } from '@assay-ml/numerics/check';
import { apollo, apolloMini } from './apollo.js';
import { fira } from './fira.js';
import type { FreeRule } from './free-rule.js';
import { none } from './none.js';
import { orthogonal } from './orthogonal.js';
import { sgd } from './sgd.js';
import { sign } from './sign.js';

/** State-free rules; those of APOLLO are for `apollo` and `apolloMini`. */
export type FreeName = 'sign' | 'sgd' | 'none' | 'orthogonal' | 'fira' | 'apollo' | 'apollo-mini';

const FREE: Readonly<Record<FreeName, FreeRule>> = { sign, sgd, none, orthogonal, fira, apollo, 'apollo-mini': apolloMini }; // prettier-ignore

/** @throws RangeError for a name that is none */
export function freeOf(where: string, name: FreeName): FreeRule {
  return FREE[oneOf(where, 'free', name, Object.keys(FREE) as FreeName[])];
}
