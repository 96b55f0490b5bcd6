/** Every paper this command line knows. */
import type { Reproduction } from '@assay-ml/claims';

export const reproductions: readonly Reproduction[] = [];
