/** Every paper this command line knows. */
import type { Reproduction } from '@assay-ml/claims';
import { local } from './papers/local/index.js';

export const reproductions: readonly Reproduction[] = [local];
