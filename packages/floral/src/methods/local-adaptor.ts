/** A shared base, and one adaptor a client that stays with it. */
import { method, type Method } from '../method.js';

/** The paper's Local Adaptor; lay the model out with one cluster. */
export const localAdaptor = (): Method => method('Local Adaptor', { clusters: 1, privateAdaptors: true });
