/** Ditto: FedAvg, and a personal model a client that is held near the shared one (Li et al., ICML 2021). */
import { positive } from '@assay-ml/numerics/check';
import { method, type Method } from '../method.js';

/** Ditto; λ of the authors' configuration is 1. */
export const ditto = (lambda = 1): Method => method('Ditto', { ditto: positive('ditto', 'lambda', lambda) });
