/** FedAvg: one base for all, averaged by numbers of examples. Fine-tuned copies of it come from `fineTune`. */
import { method, type Method } from '../method.js';

/** FedAvg. */
export const fedAvg = (): Method => method('FedAvg');
