/** FedProx: FedAvg with ½λ‖w − w_broadcast‖² in each local step (Li et al., MLSys 2020). */
import { positive } from '@assay-ml/numerics/check';
import { method, type Method } from '../method.js';

/** FedProx; λ of the authors' configuration is 1. What is reported is the model trained with the term. */
export const fedProx = (lambda = 1): Method => method('FedProx', { proximal: positive('fedProx', 'lambda', lambda) });
