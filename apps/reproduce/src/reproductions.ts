/** Every paper this command line knows. */
import type { Reproduction } from '@assay-ml/claims';
import { ftsPrune } from './papers/fts-prune/index.js';
import { l0l1 } from './papers/l0l1/index.js';
import { local } from './papers/local/index.js';
import { clipAdagrad } from './papers/clip-adagrad/index.js';
import { dagSa } from './papers/dag-sa/index.js';

export const reproductions: readonly Reproduction[] = [local, l0l1, ftsPrune, clipAdagrad, dagSa];
