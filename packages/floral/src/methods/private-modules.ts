/** FedAvg with some variables of the base private, as FedRep keeps its head. */
import { method, type Method } from '../method.js';

/** @param names variables of the base that stay with the client, e.g. `dense1/kernel` */
export const privateModules = (names: readonly string[]): Method => method('Private modules', { privateBase: names });
