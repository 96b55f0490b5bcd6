/** The residual is thrown away: GaLore, BAdam. */
import type { FreeRule } from './free-rule.js';

/** No update. */
export const none: FreeRule = { name: 'none', keeps: [], step() {} };
