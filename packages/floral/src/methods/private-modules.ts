/** FedAvg with some variables of the base private, as FedRep keeps its head. */
import { requireList } from '@assay-ml/numerics/check';
import { method, type Method } from '../method.js';

/** @param names variables of the base that stay with the client, e.g. `dense1/kernel` @throws TypeError for arguments of another kind */
export const privateModules = (names: readonly string[]): Method => {
  requireList('privateModules', 'names', names, 'Name the modules.');
  return method('Private modules', { privateBase: names });
};
