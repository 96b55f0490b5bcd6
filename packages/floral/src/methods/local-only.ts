/** No federation: every client its own model. */
import { method, type Method } from '../method.js';

/** Local training alone. */
export const localOnly = (): Method => method('Local', { privateBase: 'all' });
